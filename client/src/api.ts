// Made by `npm run client` from the API description; not to be edited.
export interface paths {
    "/v1/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Payment orders, the newest first
         * @description Scope: `payments:read`.
         */
        get: operations["listPayments"];
        put?: never;
        /**
         * Pay a checkout: one payment order per seller
         * @description Stores the checkout and starts it. Without `credit_card_info` the buyer pays on `hosted_payment_url`. The `checkout_id` plays the part of an Idempotency-Key where none is sent.
         *
         *     Scope: `payments:write`.
         */
        post: operations["createPayment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One payment order
         * @description Scope: `payments:read`.
         */
        get: operations["getPayment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for one payment order to be canceled
         * @description Scope: `payments:write`.
         */
        post: operations["cancelPayment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}/capture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Capture an authorized payment order, or a part of it
         * @description Scope: `payments:write`.
         */
        post: operations["capturePayment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What workflow histories, ledger and PSP say of a payment order, with a verdict
         * @description Scope: `payments:read`.
         */
        get: operations["getProof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payments/{id}/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Refunds of one payment order
         * @description Scope: `payments:read`.
         */
        get: operations["listRefundsOfPayment"];
        put?: never;
        /**
         * Refund a payment order, or a part of it
         * @description Without an amount all that is left is refunded. An order that is only authorized is released.
         *
         *     Scope: `refunds:write`.
         */
        post: operations["createRefund"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/refunds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Refunds, the newest first
         * @description Scope: `payments:read`.
         */
        get: operations["listRefunds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/refunds/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One refund
         * @description Scope: `payments:read`.
         */
        get: operations["getRefund"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/checkouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Checkouts, the newest first
         * @description Scope: `payments:read`.
         */
        get: operations["listCheckouts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/checkouts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One checkout with its payment orders
         * @description With `Prefer: wait` the PSP is asked now: for a buyer who has just come back from its page.
         *
         *     Scope: `payments:read`.
         */
        get: operations["getCheckout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/checkouts/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a checkout to be canceled
         * @description Scope: `payments:write`.
         */
        post: operations["cancelCheckout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/checkouts/{id}/capture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Capture an authorized checkout
         * @description Scope: `payments:write`.
         */
        post: operations["captureCheckout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/checkouts/{id}/payment_method": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a declined checkout another card
         * @description Scope: `payments:write`.
         */
        post: operations["giveCard"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sellers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One seller
         * @description Scope: `sellers:read` or `seller:read`.
         */
        get: operations["getSeller"];
        /**
         * Say where a seller is paid out to, when, and whether it is verified
         * @description `kyc_status` is an operator’s to say: it needs the scope `ops:write` instead. The seller itself says `payout_account`, and nothing else. Another account than before is the seller’s alone to say, unless `policies.payouts.account_changes` lets the storefront do it, too.
         *
         *     Scope: `sellers:write` or `seller:write`.
         */
        put: operations["putSeller"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sellers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sellers, by their ids
         * @description Scope: `sellers:read`.
         */
        get: operations["listSellers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sellers/{id}/onboarding": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a seller to the PSP’s onboarding: a link for one visit
         * @description Makes the seller’s account at the PSP the first time. From then on the PSP says who the seller is, and `kyc_status` and `payout_account` can’t be said here any more.
         *
         *     Scope: `sellers:write`.
         */
        post: operations["onboardSeller"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sellers/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a seller: no new checkouts, and no payouts
         * @description Scope: `risk:write` or `ops:write`.
         */
        post: operations["suspendSeller"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sellers/{id}/reinstate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Let a suspended seller stand again as it did
         * @description Scope: `risk:write` or `ops:write`.
         */
        post: operations["reinstateSeller"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sellers/{id}/wallet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A seller’s balances, per currency
         * @description Scope: `sellers:read` or `seller:read`.
         */
        get: operations["getWallet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sellers/{id}/statement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A seller’s statement in one currency: opening, entries, closing
         * @description Scope: `sellers:read` or `seller:read`.
         */
        get: operations["getStatement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payouts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Payouts, the newest first
         * @description Scope: `payouts:read` or `seller:read`.
         */
        get: operations["listPayouts"];
        put?: never;
        /**
         * Pay a seller out
         * @description Without an amount all that is available is paid out.
         *
         *     Scope: `payouts:write`.
         */
        post: operations["createPayout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payouts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One payout
         * @description Scope: `payouts:read` or `seller:read`.
         */
        get: operations["getPayout"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payouts/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Agree to a payout above the limit
         * @description Scope: `finance:write` or `ops:write`.
         */
        post: operations["approvePayout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/payouts/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse a payout above the limit
         * @description Scope: `finance:write` or `ops:write`.
         */
        post: operations["rejectPayout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Disputes, the newest first
         * @description Scope: `payments:read`.
         */
        get: operations["listDisputes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One dispute
         * @description Scope: `payments:read`.
         */
        get: operations["getDispute"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes/{id}/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a dispute with evidence
         * @description Scope: `payments:write`.
         */
        post: operations["giveEvidence"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disputes/{id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a dispute up
         * @description Scope: `payments:write`.
         */
        post: operations["acceptDispute"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/buyer/payments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the person asking has paid, the newest first
         * @description For somebody who has signed in with an e-mail address that is confirmed: what was bought under it (`buyer_info.email`), with whichever merchant.
         *
         *     Scope: `buyer:read`.
         */
        get: operations["listBuyerPayments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/buyer/payments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One of them, with all that a receipt says
         * @description For somebody who has signed in with an e-mail address that is confirmed: what was bought under it (`buyer_info.email`), with whichever merchant.
         *
         *     Scope: `buyer:read`.
         */
        get: operations["getBuyerPayment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fx/rates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What currencies are worth now
         * @description Middle rates, for showing; what a buyer pays by is a quote.
         *
         *     Scope: `payments:read`.
         */
        get: operations["getFxRates"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fx/quotes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Quote a price in a buyer's own currency
         * @description With one of the two amounts; the other one is answered, with the rates it is made of. What the buyer pays is rounded up, what the seller gets down.
         *
         *     Scope: `payments:write`.
         */
        post: operations["createFxQuote"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fx/quotes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One quote, as it was told
         * @description Scope: `payments:read`.
         */
        get: operations["getFxQuote"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/fx/positions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is held in each currency against the others
         * @description Of payments whose buyers paid in another currency than their sellers are owed, less what was converted since. Valued at the newest middle rates.
         *
         *     Scope: `ops:read`.
         */
        get: operations["getFxPositions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Plans, the newest first
         * @description Scope: `payments:read`.
         */
        get: operations["listPlans"];
        put?: never;
        /**
         * Make a plan: what is paid, how often, and to whom
         * @description A plan never changes: a new price is a new plan.
         *
         *     Scope: `payments:write`.
         */
        post: operations["createPlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One plan
         * @description Scope: `payments:read`.
         */
        get: operations["getPlan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Subscriptions, the newest first
         * @description Scope: `payments:read`.
         */
        get: operations["listSubscriptions"];
        put?: never;
        /**
         * Have a buyer pay by a plan from now on
         * @description Each period is paid by a checkout of its own with the id `{subscription_id}.{period}`, at its beginning and without the buyer. Without a card it is `incomplete` until its buyer has left one on the page at `card_page_url`; when nobody does so for a day, it ends. A card that is given must be one that its buyer has agreed to have charged so.
         *
         *     Scope: `payments:write`.
         */
        post: operations["createSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One subscription; with where its buyer can pay what the card could not
         * @description Scope: `payments:read`.
         */
        get: operations["getSubscription"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{id}/periods": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was due for each period, the newest first, and what came of it
         * @description Scope: `payments:read`.
         */
        get: operations["listPeriods"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{id}/upcoming": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What will be due next, as things are, or as they would be after a change
         * @description With `plan_id`, `quantity`, `prorate` and `at` as a change has them it says what that would come to at this moment, and changes nothing.
         *
         *     Scope: `payments:read`.
         */
        get: operations["getUpcoming"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{id}/change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Another quantity, or another plan of the same seller and currency
         * @description From the next period on, and of the same interval; or at once with `"at": "now"`, of any: the period that runs ends, and a new one begins and is charged. With `prorate` the rest of the period that runs is counted by the new price too (with `now`: credited): the difference, rounded down, is put on the next period, and what that can not hold on the one after.
         *
         *     Scope: `payments:write`.
         */
        post: operations["changeSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Charge nothing until it is resumed, or until a time
         * @description Periods that begin meanwhile are skipped. The others stay where they are in the calendar.
         *
         *     Scope: `payments:write`.
         */
        post: operations["pauseSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Go on with the next period
         * @description Scope: `payments:write`.
         */
        post: operations["resumeSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{id}/payment_method": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Charge another card from now on; an unpaid period at once
         * @description With `on_page` its buyer leaves the card on a page of the PSP: `card_page_url` is there a moment later, for a day.
         *
         *     Scope: `payments:write`.
         */
        post: operations["giveSubscriptionCard"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/subscriptions/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End it now or with its period; `never` takes the latter back
         * @description Nothing is given back: a refund of the last payment is asked for as any other.
         *
         *     Scope: `payments:write`.
         */
        post: operations["cancelSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plan_migrations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move all subscriptions of a plan to another one
         * @description Of the same seller, currency and interval. It goes on by itself until none is left. Refused while another one moves the same subscriptions, or would bring them back.
         *
         *     Scope: `payments:write`.
         */
        post: operations["migratePlan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/plan_migrations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How far it has come
         * @description Scope: `payments:read`.
         */
        get: operations["getPlanMigration"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/test_clocks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a clock for trying subscriptions out
         * @description Subscriptions made with its `test_clock_id` are due by it. Not where real money moves.
         *
         *     Scope: `payments:write`.
         */
        post: operations["createTestClock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/test_clocks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One clock; `behind` is 0 when all is done that is due by it
         * @description Scope: `payments:read`.
         */
        get: operations["getTestClock"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/test_clocks/{id}/advance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put a clock forward, by up to two years
         * @description Scope: `payments:write`.
         */
        post: operations["advanceTestClock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/risk/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The rules that judge now, and those that are tried beside them
         * @description Scope: `risk:read`.
         */
        get: operations["getRiskRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/risk/rule_sets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All rules that there were, the newest first
         * @description Scope: `risk:read`.
         */
        get: operations["listRiskRuleSets"];
        put?: never;
        /**
         * Have tries judged by other rules from now on
         * @description All rules at once, as a new version. `dry_run` rules are only written down beside what the live ones come to; newer live rules end them. What is judged already stays as it is.
         *
         *     Scope: `risk:write`.
         */
        post: operations["createRiskRuleSet"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/risk/assessments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was made of tries at paying, and why, the newest first
         * @description Scope: `risk:read`.
         */
        get: operations["listRiskAssessments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/risk/assessments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was made of each try at paying one checkout
         * @description One that waits is decided by `POST /v1/ops/processes/{id}/approve` or `…/reject`, with `checkout:` and its id.
         *
         *     Scope: `risk:read`.
         */
        get: operations["getRiskAssessments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/risk/list_entries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is, or was, never or always let through
         * @description Scope: `risk:read`.
         */
        get: operations["listRiskListEntries"];
        put?: never;
        /**
         * Never, or always, let somebody through
         * @description The block list comes before the allow list, and both before all rules. The value itself is not kept.
         *
         *     Scope: `risk:write`.
         */
        post: operations["createRiskListEntry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/risk/list_entries/{id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an entry off its list
         * @description Scope: `risk:write`.
         */
        post: operations["removeRiskListEntry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * API keys, the newest first
         * @description Scope: `keys:read`.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Make an API key
         * @description The key is in this answer and nowhere else. It can be given no scope that its maker lacks.
         *
         *     Scope: `keys:write`.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One API key
         * @description Scope: `keys:read`.
         */
        get: operations["getApiKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{id}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make the successor of an API key; the old one lives on for a while
         * @description Scope: `keys:write`.
         */
        post: operations["rotateApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/api_keys/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke an API key at once
         * @description Scope: `keys:write`.
         */
        post: operations["revokeApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/merchants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The merchants of the platform, by id
         * @description Scope: `merchants:read`.
         */
        get: operations["listMerchants"];
        put?: never;
        /**
         * Make a merchant
         * @description Then give it a key with `POST /v1/merchants/{id}/api_keys`. Its secrets are sealed and never shown.
         *
         *     Scope: `merchants:write`.
         */
        post: operations["createMerchant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/merchants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One merchant
         * @description Scope: `merchants:read`.
         */
        get: operations["getMerchant"];
        /**
         * Change a merchant; what is left out stays
         * @description Scope: `merchants:write`.
         */
        put: operations["putMerchant"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/merchants/{id}/api_keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an API key of a merchant, such as its first
         * @description The key is in this answer and nowhere else. The platform's own scopes can't be given.
         *
         *     Scope: `merchants:write`.
         */
        post: operations["createMerchantApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has happened, the oldest first
         * @description `next_cursor` stays at the end of the list: ask again with it for what comes next.
         *
         *     Scope: `events:read`.
         */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event
         * @description Scope: `events:read`.
         */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where events are sent to
         * @description Scope: `webhooks:read`.
         */
        get: operations["listWebhookEndpoints"];
        put?: never;
        /**
         * Have events sent to a URL, signed as Standard Webhooks has it
         * @description Scope: `webhooks:write`.
         */
        post: operations["createWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One webhook endpoint
         * @description Scope: `webhooks:read`.
         */
        get: operations["getWebhookEndpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/rotate_secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign with a new secret; with the old one, too, for a while
         * @description Scope: `webhooks:write`.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send nothing there any more
         * @description Scope: `webhooks:write`.
         */
        post: operations["disableWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/enable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send there again
         * @description Scope: `webhooks:write`.
         */
        post: operations["enableWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_endpoints/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event of the type `webhook.test`, once
         * @description Scope: `webhooks:write`.
         */
        post: operations["testWebhookEndpoint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events on their way to endpoints, the newest first; the given up ones by `state=dead`
         * @description Scope: `webhooks:read`.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One delivery
         * @description Scope: `webhooks:read`.
         */
        get: operations["getWebhookDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/webhook_deliveries/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send it again from the beginning
         * @description Scope: `webhooks:write`.
         */
        post: operations["replayWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/contacts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Your own people who are told of what needs somebody
         * @description Scope: `ops:read`.
         */
        get: operations["listContacts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/contacts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One contact
         * @description Scope: `ops:read`.
         */
        get: operations["getContact"];
        /**
         * Say who is told, of what, and by which ways
         * @description The first way that is there is taken: chat, e-mail, push; for what is urgent an SMS after them. Addresses of chats and push subscriptions are never shown again.
         *
         *     Scope: `ops:write`.
         */
        put: operations["putContact"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Messages to people, the newest first; the ones that reached nobody by `state=failed`
         * @description Scope: `notifications:read`.
         */
        get: operations["listNotifications"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One message, with the log of its tries
         * @description Scope: `notifications:read`.
         */
        get: operations["getNotification"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notifications/{id}/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send it again from the beginning, though it may have arrived
         * @description Scope: `notifications:write`.
         */
        post: operations["resendNotification"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification_previews/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * An example of a kind of message, in any language; `format=html` is the mail itself
         * @description Scope: `notifications:read`.
         */
        get: operations["previewNotification"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification_bounces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that an address takes no mail, as your mail server was told later
         * @description It is not written to again. With the notification’s id (the Message-ID up to its @) an urgent one goes on by another way.
         *
         *     Scope: `notifications:write`.
         */
        post: operations["reportBounce"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/notification_bounces/forget": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Write to an address again
         * @description Scope: `notifications:write`.
         */
        post: operations["forgetBounce"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Settlement days that were reconciled, the newest first
         * @description Scope: `reconciliation:read`.
         */
        get: operations["listReconciliationRuns"];
        put?: never;
        /**
         * Reconcile settlement days, or bring them up to date
         * @description Every night the last day is reconciled by itself. A day that is being run already is left to that.
         *
         *     Scope: `reconciliation:write`.
         */
        post: operations["createReconciliationRuns"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One settlement day
         * @description Scope: `reconciliation:read`.
         */
        get: operations["getReconciliationRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation/runs/{id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The report of a settlement day, as a page or as CSV
         * @description One file with nothing fetched from elsewhere: totals that foot, balances, breaks with their age, checks, the last 30 runs.
         *
         *     Scope: `reconciliation:read`.
         */
        get: operations["getReconciliationReport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Settlement files and bank statements that were handed in, the newest first
         * @description Scope: `reconciliation:read`.
         */
        get: operations["listSettlementFiles"];
        put?: never;
        /**
         * Hand in a settlement file or a bank statement
         * @description The body is the file, plain or packed with gzip: CSV with the columns of Stripe’s itemized reports and TOTAL rows at its end, or, of the bank, CAMT.053 or CSV. It is taken over whole or not at all, and the days that it tells of are run again. A file is its content: the same one again is answered as the first, whatever its name; an Idempotency-Key is not needed.
         *
         *     Scope: `reconciliation:write`.
         */
        post: operations["createSettlementFile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation/files/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One file, and what was found of it
         * @description Scope: `reconciliation:read`.
         */
        get: operations["getSettlementFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation/breaks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What differs between the book and the PSP's lines, the newest first
         * @description Scope: `reconciliation:read`.
         */
        get: operations["listReconciliationBreaks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation/breaks/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One mismatch
         * @description Scope: `reconciliation:read`.
         */
        get: operations["getReconciliationBreak"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/reconciliation/breaks/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what becomes of a mismatch; the same one is not opened again
         * @description With `psp_is_right` the book is corrected to the PSP’s side by a posting against `psp_adjustments`; `explained`, which is usual, leaves it as it is. Over the merchant’s limit the first answer is 202 with what was proposed, and another person must say the same.
         *
         *     Scope: `reconciliation:write`.
         */
        post: operations["resolveReconciliationBreak"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every call that changed something or tried to: who made it, from where, by what right, and why
         * @description As CSV (`format=csv`, or `Accept: text/csv`) all that is found, and not a page.
         *
         *     Scope: `ops:read`.
         */
        get: operations["listCalls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/psp_events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events of the PSP by state, the dead letters unless said otherwise
         * @description Scope: `ops:read`.
         */
        get: operations["listPspEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/psp_events/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take up again the events of a span of time
         * @description Scope: `ops:write`.
         */
        post: operations["replayPspEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/psp_events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One event of the PSP
         * @description Scope: `ops:read`.
         */
        get: operations["getPspEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/psp_events/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take up one event of the PSP again
         * @description Scope: `ops:write`.
         */
        post: operations["replayPspEvent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/general_ledger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The general ledger of a period, as CSV that foots
         * @description Scope: `ops:read`.
         */
        get: operations["getGeneralLedger"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/proposals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Proposals, the newest first
         * @description Scope: `ops:read`.
         */
        get: operations["listProposals"];
        put?: never;
        /**
         * Propose an act on the book by hand, for a second person to decide
         * @description Scope: `finance:write` or `ops:write`.
         */
        post: operations["createProposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/proposals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One proposal
         * @description Scope: `ops:read`.
         */
        get: operations["getProposal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/proposals/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Agree to a proposal of another person
         * @description Scope: `finance:write` or `ops:write`.
         */
        post: operations["approveProposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ledger/proposals/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reject a proposal
         * @description Scope: `finance:write` or `ops:write`.
         */
        post: operations["rejectProposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Processes by what is known of them, the newest first
         * @description Read from Temporal, a moment behind. `about` is an id of anything: payment order, checkout, seller, refund, payout, or an id of the PSP.
         *
         *     Scope: `ops:read`.
         */
        get: operations["listProcesses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How a process stands by its own word, and what a person may tell it
         * @description Scope: `ops:read`.
         */
        get: operations["getProcess"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have what failed tried again now
         * @description Refused with a sentence when it is not legal in this phase. Who it was and why is written down.
         *
         *     Scope: `ops:write`.
         */
        post: operations["retryProcess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes/{id}/supply_outcome": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say what became of it, as read off the PSP's own dashboard
         * @description Refused with a sentence when it is not legal in this phase. Who it was and why is written down.
         *
         *     Scope: `ops:write`.
         */
        post: operations["supplyOutcome"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes/{id}/abandon": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give up a payment that has not happened
         * @description Refused with a sentence when it is not legal in this phase. Who it was and why is written down.
         *
         *     Scope: `ops:write`.
         */
        post: operations["abandonProcess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes/{id}/compensate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have everything undone that has happened
         * @description Refused with a sentence when it is not legal in this phase. Who it was and why is written down.
         *
         *     Scope: `ops:write`.
         */
        post: operations["compensateProcess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Agree to what needs the consent of persons
         * @description Refused with a sentence when it is not legal in this phase. Who it was and why is written down.
         *
         *     Scope: `ops:write`.
         */
        post: operations["approveProcess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes/{id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse it
         * @description Refused with a sentence when it is not legal in this phase. Who it was and why is written down.
         *
         *     Scope: `ops:write`.
         */
        post: operations["rejectProcess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/processes/{id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Settle a mismatch of the reconciliation
         * @description Refused with a sentence when it is not legal in this phase. Who it was and why is written down.
         *
         *     Scope: `ops:write`.
         */
        post: operations["resolveProcess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/ops/actions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What persons have told processes, with who and why, the newest first
         * @description Scope: `ops:read`.
         */
        get: operations["listOpsActions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Checkout: {
            checkout_id: string;
            /** @enum {string} */
            checkout_status: "open" | "awaiting_buyer" | "paid" | "partially_paid" | "failed" | "canceled" | "expired";
            /** @description Every order is SUCCESS, with wallet and ledger updated */
            is_payment_done: boolean;
            hosted_payment_url: string | null;
            expires_at: string | null;
            next_action: {
                /** Format: uri */
                redirect_url: string;
            } | null;
            return_url: string | null;
            credit_card_info: {
                payment_method: string;
            } | null;
            payment_attempt: number;
            /** @enum {string} */
            failure_policy: "all_or_nothing" | "independent";
            /** @enum {string} */
            capture_method: "automatic" | "manual";
            buyer_info: {
                id: string;
            };
            metadata: {
                [key: string]: string;
            };
            cancel_requested: boolean;
            payment_orders: components["schemas"]["PaymentOrder"][];
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        PaymentOrder: {
            payment_order_id: string;
            checkout_id: string;
            buyer_account: string;
            seller_account: string;
            /**
             * @description Major units
             * @example 49.90
             */
            amount: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            currency: string;
            /**
             * @description In the seller's currency
             * @example 49.90
             */
            platform_fee: string;
            /** @description Set where the buyer pays by a quote, in another currency than the seller is owed */
            exchange: {
                fx_quote_id: string;
                /**
                 * @description ISO 4217
                 * @example EUR
                 */
                seller_currency: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                seller_amount: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                spread_amount: string;
            } | null;
            captured_amount: string | null;
            /**
             * @description Major units
             * @example 49.90
             */
            refunded_amount?: string;
            /**
             * @description Major units
             * @example 49.90
             */
            disputed_amount?: string;
            statement_descriptor: string | null;
            /** @enum {string} */
            payment_order_status: "NOT_STARTED" | "EXECUTING" | "SUCCESS" | "FAILED";
            /** @description Finer than the status, for people */
            phase: string;
            wallet_updated: boolean;
            ledger_updated: boolean;
            failure_reason: string | null;
            decline_code: string | null;
            /** @description What the card network says of trying this card again, where it says anything */
            decline_advice: ("confirm_card_data" | "do_not_try_again" | "try_again_later") | null;
            failure_message: string | null;
            psp_reference: string | null;
            next_action: {
                /** Format: uri */
                redirect_url: string;
            } | null;
            attention_reason: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        /** @description RFC 9457 */
        Problem: {
            /**
             * @description Stable: program against it
             * @example urn:paysaga:problem:not-found
             */
            type: string;
            title: string;
            status: number;
            detail: string;
            errors?: {
                /** @description A JSON pointer into the body, or the name of a header or parameter */
                pointer: string;
                detail: string;
            }[];
            correlation_id?: string;
        } & {
            [key: string]: unknown;
        };
        Proof: {
            payment_order_id: string;
            /** @enum {string} */
            verdict: "proved" | "in_progress" | "broken";
            checks: {
                check: string;
                ok: boolean;
                detail: string;
            }[];
            operations: {
                [key: string]: unknown;
            }[];
            transactions: {
                [key: string]: unknown;
            }[];
            psp: {
                [key: string]: unknown;
            };
            ops_actions: {
                [key: string]: unknown;
            }[];
            workflows: {
                [key: string]: unknown;
            }[];
        } & {
            [key: string]: unknown;
        };
        Refund: {
            refund_id: string;
            payment_order_id: string;
            /**
             * @description Major units
             * @example 49.90
             */
            amount: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            currency: string;
            /** @enum {string} */
            refund_status: "requested" | "pending" | "succeeded" | "failed" | "voided" | "needs_attention";
            /** @enum {string} */
            method: "refund" | "void";
            /**
             * @description Of the two parts
             * @example EUR
             */
            seller_currency: string;
            /**
             * @description Major units
             * @example 49.90
             */
            seller_amount: string;
            /**
             * @description Major units
             * @example 49.90
             */
            platform_fee_amount: string;
            reason: string | null;
            failure_reason: string | null;
            psp_reference: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        Seller: {
            seller_account: string;
            /** @enum {string} */
            standing: "registered" | "onboarding" | "in_review" | "verified" | "action_required" | "restricted" | "rejected" | "suspended";
            /** @description Whether new checkouts for it are taken */
            takes_charges: boolean;
            /** @description Whether its standing lets money leave for its bank */
            takes_payouts: boolean;
            /** @description The seller itself is not told the reason */
            suspension: {
                /**
                 * Format: date-time
                 * @description RFC 3339, in UTC
                 */
                since: string;
                reason: string | null;
            } | null;
            /** @description What the PSP wants to know, in its words; null of a seller that was never sent to its onboarding */
            requirements: {
                currently_due: string[];
                past_due: string[];
                pending_verification: string[];
                disabled_reason: string | null;
                due_by: string | null;
                read_at: string | null;
            } | null;
            /** @enum {string} */
            kyc_status: "unverified" | "pending" | "verified" | "rejected";
            payout_account: string | null;
            payout_account_changed_at: string | null;
            /** @description Your page that opens the onboarding, where it was said */
            onboarding_url: string | null;
            email: string | null;
            phone: string | null;
            locale: string | null;
            payout_schedules: {
                /**
                 * @description ISO 4217
                 * @example EUR
                 */
                currency: string;
                /** @enum {string} */
                interval: "daily" | "weekly" | "monthly";
                day?: number;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                minimum_amount: string;
                time_zone: string;
                active: boolean;
                last_result: {
                    [key: string]: unknown;
                } | null;
            }[];
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        OnboardingLink: {
            seller_account: string;
            /** @enum {string} */
            standing: "registered" | "onboarding" | "in_review" | "verified" | "action_required" | "restricted" | "rejected" | "suspended";
            /** @description For the seller alone: send its browser there at once, and keep it nowhere */
            url: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            expires_at: string;
        };
        Wallet: {
            seller_account: string;
            /** @enum {string} */
            kyc_status: "unverified" | "pending" | "verified" | "rejected";
            balances: {
                /**
                 * @description ISO 4217
                 * @example EUR
                 */
                currency: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                pending: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                available: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                reserved: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                owed: string;
            }[];
        };
        Statement: {
            seller_account: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            currency: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            from: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            to: string;
            opening: {
                /**
                 * @description Major units
                 * @example 49.90
                 */
                pending: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                available: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                reserved: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                owed: string;
            };
            entries: {
                /**
                 * Format: date-time
                 * @description RFC 3339, in UTC
                 */
                date: string;
                transaction_id: string;
                kind: string;
                source: string;
                payment_order_id: string | null;
                balance: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                amount: string;
            }[];
            closing: {
                /**
                 * @description Major units
                 * @example 49.90
                 */
                pending: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                available: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                reserved: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                owed: string;
            };
        };
        Payout: {
            payout_id: string;
            seller_account: string;
            /**
             * @description Major units
             * @example 49.90
             */
            amount: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            currency: string;
            /** @enum {string} */
            payout_status: "requested" | "awaiting_approval" | "transferring" | "in_transit" | "paid" | "returning" | "failed" | "returned" | "refused" | "needs_attention";
            payout_account: string;
            scheduled: boolean;
            approvals_needed: number;
            approvals: {
                [key: string]: unknown;
            }[];
            failure_reason: string | null;
            failure_message: string | null;
            psp_transfer: string | null;
            psp_payout: string | null;
            psp_transfer_reversal: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
            paid_at: string | null;
        };
        Dispute: {
            dispute_id: string;
            payment_order_id: string;
            /**
             * @description Major units
             * @example 49.90
             */
            amount: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            currency: string;
            /** @enum {string} */
            dispute_status: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "withdrawn" | "inquiry_closed";
            psp_status: string;
            reason: string | null;
            /**
             * @description Major units
             * @example 49.90
             */
            held_amount: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            seller_currency: string;
            /**
             * @description Major units
             * @example 49.90
             */
            seller_amount: string;
            is_charge_refundable: boolean;
            evidence_due_by: string | null;
            evidence_given: string[];
            evidence_sent: boolean;
            evidence_submitted: boolean;
            accepted: boolean;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            opened_at: string;
            closed_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        BuyerPayment: {
            payment_id: string;
            merchant: {
                merchant_id: string;
                name: string;
            };
            checkout_id: string;
            /** @enum {string} */
            checkout_status: "open" | "awaiting_buyer" | "paid" | "partially_paid" | "failed" | "canceled" | "expired";
            totals: {
                /**
                 * @description ISO 4217
                 * @example EUR
                 */
                currency: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                amount: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                paid_amount: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                refunded_amount: string;
            }[];
            lines: {
                payment_order_id: string;
                seller_account: string;
                statement_descriptor: string | null;
                /** @enum {string} */
                payment_order_status: "NOT_STARTED" | "EXECUTING" | "SUCCESS" | "FAILED";
                /**
                 * @description ISO 4217
                 * @example EUR
                 */
                currency: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                amount: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                paid_amount: string;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                refunded_amount: string;
            }[];
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        FxRates: {
            /**
             * @description ISO 4217
             * @example EUR
             */
            base: string;
            /** @description What one unit of `base` is worth, in the middle */
            rates: {
                [key: string]: string;
            };
            source: string;
            /**
             * Format: date-time
             * @description The moment the rates are of, by their source
             */
            as_of: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            loaded_at: string;
            /** @description Too old to be quoted by */
            is_stale: boolean;
        };
        FxQuote: {
            quote_id: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            buyer_currency: string;
            /**
             * @description Major units
             * @example 49.90
             */
            buyer_amount: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            seller_currency: string;
            /**
             * @description Major units
             * @example 49.90
             */
            seller_amount: string;
            /**
             * @description Whose amount was given
             * @enum {string}
             */
            fixed_side: "seller" | "buyer";
            /**
             * @description A decimal
             * @example 1.1588
             */
            mid_rate: string;
            /**
             * @description The buyer's currency for one unit of the seller's, with the spread
             * @example 1.1588
             */
            rate: string;
            spread_basis_points: number;
            /**
             * @description In the seller's currency, with what rounding left over
             * @example 49.90
             */
            spread_amount: string;
            rate_source: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            rate_as_of: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            expires_at: string;
            is_expired: boolean;
        };
        FxPositions: {
            /**
             * @description What all is valued in
             * @example EUR
             */
            currency: string;
            rate_source: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            rate_as_of: string;
            is_stale: boolean;
            positions: {
                /**
                 * @description ISO 4217
                 * @example EUR
                 */
                currency: string;
                /** @description Above zero: so much of it is held against other currencies */
                amount: string;
                /** @description Null where the source has no rate of it */
                worth: string | null;
            }[];
            /** @description What all positions together have gained since they were last revalued */
            unbooked_gain: string | null;
            /** @description The rates by which they were last revalued */
            revalued_as_of: string | null;
        };
        Plan: {
            plan_id: string;
            name: string;
            seller_account: string;
            /**
             * @description For one of it, each period
             * @example 49.90
             */
            amount: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            currency: string;
            /**
             * @description Major units
             * @example 49.90
             */
            platform_fee: string;
            /** @enum {string} */
            interval: "day" | "week" | "month" | "year";
            interval_count: number;
            trial_days: number;
            /** @enum {string} */
            when_unpaid: "cancel" | "keep";
            dunning: {
                /** @description Hours after each failed try until the next */
                soft_hours: number[];
                technical_hours: number[];
                give_up_days: number;
            };
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
        };
        Subscription: {
            subscription_id: string;
            plan_id: string;
            quantity: number;
            /** @enum {string} */
            subscription_status: "incomplete" | "trialing" | "active" | "past_due" | "paused" | "unpaid" | "canceled";
            buyer_info: {
                id: string;
            };
            /** @description Null until its buyer has left a card */
            credit_card_info: {
                payment_method: string;
            } | null;
            /** @description Where its buyer leaves a card, while that is wanted */
            card_page_url: string | null;
            time_zone: string;
            /**
             * Format: date-time
             * @description All periods are counted from here, after the trial. Later, where its buyer leaves a card later, or after a change at once
             */
            first_period_at: string;
            next_period: number;
            test_clock_id: string | null;
            /** @description Where the buyer can pay what the card could not */
            action_url: string | null;
            paused: boolean;
            resume_at: string | null;
            cancel_at_period_end: boolean;
            ended_at: string | null;
            /** @description `canceled`, `unpaid`, `no_card` or `page_refused` */
            end_reason: string | null;
            metadata: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        SubscriptionPeriod: {
            period: number;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            starts_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            ends_at: string;
            plan_id: string;
            quantity: number;
            /**
             * @description Major units
             * @example 49.90
             */
            amount: string;
            /**
             * @description ISO 4217
             * @example EUR
             */
            currency: string;
            /** @enum {string} */
            period_state: "open" | "paid" | "skipped" | "failed" | "void";
            tries: number;
            /** @description The checkout that pays for it, or tries to */
            checkout_id: string | null;
            next_try_at: string | null;
            decline_class: string | null;
            decline_code: string | null;
            settled_at: string | null;
        };
        UpcomingPeriod: {
            subscription_id: string;
            upcoming: {
                period: number;
                /**
                 * Format: date-time
                 * @description RFC 3339, in UTC
                 */
                starts_at: string;
                /**
                 * Format: date-time
                 * @description RFC 3339, in UTC
                 */
                ends_at: string;
                plan_id: string;
                quantity: number;
                /**
                 * @description Major units
                 * @example 49.90
                 */
                amount: string;
                /**
                 * @description ISO 4217
                 * @example EUR
                 */
                currency: string;
                /** @description What of it changes within earlier periods have added; may be below zero */
                adjustment_amount: string;
                /** @description It begins while the subscription is paused */
                is_skipped: boolean;
            } | null;
        };
        PlanMigration: {
            migration_id: string;
            from_plan_id: string;
            to_plan_id: string;
            prorate: boolean;
            moved: number;
            /** @description How many live subscriptions the plan still has */
            left: number;
            requested_by: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            finished_at: string | null;
        };
        TestClock: {
            test_clock_id: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            frozen_at: string;
            /** @description Live ones that go by it */
            subscriptions: number;
            /** @description How many of them have not yet done what is due by it */
            behind: number;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
        };
        RiskRules: {
            live: components["schemas"]["RiskRuleSet"];
            dry_run: components["schemas"]["RiskRuleSet"] | null;
        };
        RiskRuleSet: {
            /** @description 0: what is built in */
            version: number;
            /** @enum {string} */
            mode: "live" | "dry_run";
            /** @description As in `createRiskRuleSet` */
            rules: ({
                rule_id: string;
            } & {
                [key: string]: unknown;
            })[];
            thresholds: {
                [key: string]: unknown;
            } | null;
            review: {
                [key: string]: unknown;
            } | null;
            reason: string;
            created_by: string | null;
            created_at: string | null;
        };
        RiskAssessment: {
            checkout_id: string;
            /** @description Counts the payment methods that it was tried with */
            payment_attempt: number;
            buyer_account: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            assessed_at: string;
            rules_version: number | null;
            /** @description Null while it is being judged */
            decision: ("allow" | "challenge" | "hold" | "review" | "block") | null;
            score: number;
            /** @description The rules that spoke */
            findings: {
                rule_id: string;
                /** @description Why it spoke, in words */
                says: string;
                score: number;
                action: ("challenge" | "hold" | "review" | "block") | null;
                /** @description Null where it is about the whole checkout */
                payment_order_id: string | null;
            }[];
            waits_until: string | null;
            /** @description What happens where no person has spoken by then */
            otherwise: ("allow" | "block") | null;
            verdict: ("approved" | "rejected") | null;
            verdict_by: string | null;
            verdict_reason: string | null;
            psp_signals: ("risk_elevated" | "risk_highest" | "cvc_failed" | "address_failed" | "postal_code_failed")[];
            /** @description What rules on trial would have made of it */
            dry_run: {
                rules_version: number;
                decision: ("allow" | "challenge" | "hold" | "review" | "block") | null;
                findings: {
                    rule_id: string;
                    /** @description Why it spoke, in words */
                    says: string;
                    score: number;
                    action: ("challenge" | "hold" | "review" | "block") | null;
                    /** @description Null where it is about the whole checkout */
                    payment_order_id: string | null;
                }[] | null;
            } | null;
            declined: boolean;
            refunded: boolean;
            disputed: boolean;
        };
        RiskAssessments: {
            data: components["schemas"]["RiskAssessment"][];
        };
        RiskListEntry: {
            entry_id: string;
            /** @enum {string} */
            list: "allow" | "block";
            /** @enum {string} */
            kind: "buyer" | "email" | "ip" | "card" | "seller";
            /** @description Enough of it to recognise it by */
            shown: string;
            reason: string;
            created_by: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            expires_at: string | null;
            removed_at: string | null;
            removed_by: string | null;
            removed_reason: string | null;
        };
        ApiKey: {
            key_id: string;
            name: string;
            prefix: string;
            scopes: ("payments:read" | "payments:write" | "refunds:write" | "sellers:read" | "sellers:write" | "payouts:read" | "payouts:write" | "keys:read" | "keys:write" | "events:read" | "webhooks:read" | "webhooks:write" | "notifications:read" | "notifications:write" | "ops:read" | "ops:write" | "finance:write" | "reconciliation:read" | "reconciliation:write" | "risk:read" | "risk:write" | "merchants:read" | "merchants:write")[];
            created_by: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            expires_at: string | null;
            last_used_at: string | null;
            revoked_at: string | null;
            rotated_from: string | null;
        };
        FreshApiKey: {
            key_id: string;
            name: string;
            prefix: string;
            scopes: ("payments:read" | "payments:write" | "refunds:write" | "sellers:read" | "sellers:write" | "payouts:read" | "payouts:write" | "keys:read" | "keys:write" | "events:read" | "webhooks:read" | "webhooks:write" | "notifications:read" | "notifications:write" | "ops:read" | "ops:write" | "finance:write" | "reconciliation:read" | "reconciliation:write" | "risk:read" | "risk:write" | "merchants:read" | "merchants:write")[];
            created_by: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            expires_at: string | null;
            last_used_at: string | null;
            revoked_at: string | null;
            rotated_from: string | null;
            /** @description The key. It is shown this once */
            api_key: string;
        };
        Merchant: {
            merchant_id: string;
            name: string;
            time_zone: string;
            return_urls: string[];
            policies: {
                /** @enum {string} */
                platform_fee_on_refund: "returned" | "kept";
                /** @enum {string} */
                dispute_loss: "seller" | "platform";
                /** @enum {string} */
                dispute_fee: "seller" | "platform";
                payouts: {
                    approval_above: {
                        [key: string]: string;
                    };
                    cooling_hours: number;
                    /** @enum {string} */
                    account_changes: "seller" | "storefront";
                };
                reconciliation: {
                    approval_above: {
                        [key: string]: string;
                    };
                };
                fx: {
                    spread_basis_points: number;
                    quote_seconds: number;
                    reporting_currency: string | null;
                };
                notifications: {
                    tell_buyers: boolean;
                    tell_sellers: boolean;
                    locale: string;
                };
            };
            psp: {
                provider: string | null;
                /** @description Without one of its own it uses the platform's */
                has_own_account: boolean;
                /** @description Whether its key moves real money */
                livemode: boolean | null;
            };
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
        };
        Event: {
            event_id: string;
            /** @example payment.succeeded */
            type: string;
            /** @enum {string} */
            resource_type: "checkout" | "payment" | "refund" | "dispute" | "payout" | "webhook_endpoint" | "reconciliation_run" | "reconciliation_break" | "seller" | "subscription" | "subscription_period" | "statement";
            resource_id: string;
            /** @description Counts the changes of the resource that are told of: a higher one is later */
            resource_version: number;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            occurred_at: string;
            /** @description The resource as GET answered it then; of a checkout without its orders */
            data: {
                [key: string]: unknown;
            };
        };
        WebhookEndpoint: {
            endpoint_id: string;
            url: string;
            /** @description Empty: all */
            types: string[];
            disabled_at: string | null;
            disabled_reason: string | null;
            previous_secret_until: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        FreshWebhookEndpoint: {
            endpoint_id: string;
            url: string;
            /** @description Empty: all */
            types: string[];
            disabled_at: string | null;
            disabled_reason: string | null;
            previous_secret_until: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
            /** @description Signs what is sent there. It is shown this once */
            secret: string;
        };
        WebhookDelivery: {
            delivery_id: string;
            endpoint_id: string;
            event_id: string;
            /** @enum {string} */
            state: "pending" | "delivered" | "dead" | "disabled";
            attempts: number;
            /** @description Of the last try; what the receiver said is not kept */
            reply: {
                status: number | null;
                problem: string | null;
                bytes: number | null;
                ms: number | null;
            } | null;
            next_try_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        Contact: {
            contact_id: string;
            name: string;
            email: string | null;
            phone: string | null;
            has_chat: boolean;
            has_push: boolean;
            locale: string | null;
            /** @description Empty: all */
            kinds: ("needs_attention" | "dispute_opened" | "dispute_deadline" | "break_opened")[];
            active: boolean;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
        };
        Notification: {
            notification_id: string;
            event_id: string;
            /** @enum {string} */
            kind: "receipt" | "refund" | "card_needed" | "payout_paid" | "payout_failed" | "statement" | "seller_requirements" | "seller_suspended" | "payout_account_changed" | "needs_attention" | "dispute_opened" | "dispute_deadline" | "break_opened";
            /** @enum {string} */
            audience: "buyer" | "seller" | "ops";
            /** @description Whose address: a contact, a seller, or what a buyer has bought */
            recipient: string;
            resource_type: string;
            resource_id: string;
            /** @enum {string} */
            state: "pending" | "delivered" | "failed" | "unneeded";
            /** @description Why it failed, or is not needed */
            reason: string | null;
            /** @description By which way it was delivered */
            channel: ("email" | "chat" | "push" | "sms") | null;
            tries: number;
            next_try_at: string | null;
            delivered_at: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            created_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
            /** @description The log; of one notification only, not in lists */
            attempts?: {
                attempt: number;
                /** @enum {string} */
                channel: "email" | "chat" | "push" | "sms";
                /** @description Enough of the address to recognise it by */
                to: string;
                /** @enum {string} */
                state: "sending" | "handing_over" | "delivered" | "deferred" | "refused" | "unknown";
                detail: string | null;
                /**
                 * Format: date-time
                 * @description RFC 3339, in UTC
                 */
                started_at: string;
                ended_at: string | null;
            }[];
        };
        NotificationPreview: {
            /** @enum {string} */
            kind: "receipt" | "refund" | "card_needed" | "payout_paid" | "payout_failed" | "statement" | "seller_requirements" | "seller_suspended" | "payout_account_changed" | "needs_attention" | "dispute_opened" | "dispute_deadline" | "break_opened";
            locale: string;
            subject: string;
            html: string;
            text: string;
            short: string;
        };
        NotificationBounce: {
            email: string;
            reason: string;
            notification: components["schemas"]["Notification"] | null;
        };
        ReconciliationRun: {
            /** Format: date */
            settlement_date: string;
            /** @description The PSP account's own: the day is a day there */
            time_zone: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            starts_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            ends_at: string;
            /** @enum {string} */
            state: "running" | "balanced" | "breaks" | "failed";
            /** @description The PSP's lines of that day, in above zero */
            totals: {
                currency: string;
                family: string;
                lines: number;
                matched: number;
                booked: number;
                amount: string;
                fee: string;
                net: string;
            }[];
            /** @description That day's mismatches by class: found, mended by themselves, closed, resolved, still open */
            breaks: {
                class: string;
                opened: number;
                mended: number;
                closed: number;
                resolved: number;
                open: number;
            }[];
            /** @description The night's own questions */
            checks: {
                check: string;
                ok: boolean;
                details: string[];
            }[];
            times_run: number;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            started_at: string;
            finished_at: string | null;
        };
        SettlementFile: {
            /** @description The SHA-256 of its content */
            file_id: string;
            /** @enum {string} */
            kind: "settlement" | "bank";
            name: string;
            size: number;
            /** @enum {string} */
            state: "received" | "accepted" | "rejected";
            verdict: ("accepted" | "corrected" | "unchanged" | "empty" | "malformed" | "cut_short" | "wrong_totals" | "doubled") | null;
            problem: string | null;
            /** @description Where the problem is, counted from 1 */
            line_number: number | null;
            lines: number | null;
            new_lines: number | null;
            changed_lines: number | null;
            totals: {
                currency: string;
                lines: number;
                amount: string;
                fee: string;
                net: string;
            }[];
            /** @description The days that it tells of: they are run again */
            settlement_dates: string[];
            received_by: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            received_at: string;
            finished_at: string | null;
        };
        ReconciliationBreak: {
            break_id: string;
            /**
             * Format: date
             * @description The day of its first movement
             */
            settlement_date: string;
            /** @enum {string} */
            class: "timing" | "missing_here" | "missing_there" | "amount" | "currency" | "duplicate" | "status" | "fee" | "unknown";
            /**
             * @description Who it is for
             * @enum {string}
             */
            treatment: "wait" | "auto" | "person" | "investigate";
            /**
             * @description Whose word ours differs from: `psp_amount` is theirs
             * @enum {string}
             */
            against: "psp" | "bank";
            /**
             * @description What it is about
             * @example charge/order-1001-1
             */
            key: string;
            payment_order_id: string | null;
            our_amount: string | null;
            psp_amount: string | null;
            our_fee: string | null;
            psp_fee: string | null;
            our_currencies: string[];
            psp_currencies: string[];
            psp_lines: string[];
            /** @enum {string} */
            state: "open" | "closed" | "resolved";
            /** @description What was done about it by itself */
            remedy: ("told" | "booked_fee" | "suspense" | "none") | null;
            remedy_note: string | null;
            due_at: string | null;
            reminders: number;
            overdue_since: string | null;
            /** @description What a first person has proposed where two are needed */
            proposed: {
                actor: string;
                reason: string;
                /** @enum {string} */
                outcome: "psp_is_right" | "explained";
            } | null;
            outcome: ("psp_is_right" | "explained") | null;
            resolution: string | null;
            resolved_by: {
                [key: string]: unknown;
            } | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            opened_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            updated_at: string;
            closed_at: string | null;
        };
        Call: {
            call_id: string;
            actor: string;
            method: string;
            path: string;
            reason: string | null;
            idempotency_key: string | null;
            request_id: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            started_at: string;
            finished_at: string | null;
            status: number | null;
            replayed: boolean;
            /** @description From where it came */
            remote_address: string | null;
            /** @description What its caller had to show */
            factor: ("api_key" | "sign_in" | "second_factor" | "command_line") | null;
        };
        PspEvent: {
            event_id: string;
            type: string;
            /** @enum {string} */
            state: "received" | "parked" | "applied" | "no_change" | "ignored" | "dead_letter";
            reason: string | null;
            payment_order_id: string | null;
            checkout_id: string | null;
            subject: {
                [key: string]: unknown;
            };
            tries: number;
            deliveries: number;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            occurred_at: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            received_at: string;
            settled_at: string | null;
        };
        Proposal: {
            proposal_id: string;
            /** @enum {string} */
            kind: "adjustment" | "write_off" | "period_close";
            reason: string;
            /** @enum {string} */
            state: "proposed" | "approved" | "rejected" | "done" | "failed";
            proposed_by: string;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            proposed_at: string;
            decided_by: string | null;
            decided_why: string | null;
            decided_at: string | null;
            problem: string | null;
            done_at: string | null;
        } & {
            [key: string]: unknown;
        };
        Process: {
            /** @example payment_order:order-1001-1 */
            process_id: string;
            kind: string;
            workflow_id: string;
            /** @description Of the workflow: running, completed, terminated … */
            status: string;
            phase: string | null;
            needs_attention: boolean;
            checkout_id: string | null;
            payment_order_id: string | null;
            seller_account: string | null;
            amount: string | null;
            currency: string | null;
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            started_at: string;
            closed_at: string | null;
            /** @description Its page in the Temporal UI */
            temporal_url: string | null;
        };
        Standing: {
            process_id: string;
            kind: string;
            workflow_id: string;
            status: string;
            /** @description By its own word; null where no worker could be asked */
            phase: string | null;
            says: string | null;
            since: string | null;
            /** @description What a person may tell it now */
            verbs: ("retry" | "supply_outcome" | "abandon" | "compensate" | "approve" | "reject" | "resolve")[];
            temporal_url: string | null;
        };
        Word: {
            message: string;
            process: components["schemas"]["Standing"];
        };
        OpsAction: {
            process_id: string;
            action: string;
            actor: string;
            reason: string;
            details: {
                [key: string]: unknown;
            };
            /**
             * Format: date-time
             * @description RFC 3339, in UTC
             */
            recorded_at: string;
        };
    };
    responses: {
        /** @description The request could not be read */
        MalformedRequest: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description A valid API key is needed */
        Unauthenticated: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This API key may not do that */
        Forbidden: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; Nothing can be charged for this seller now */
        RequestInProgressOrSellerNotAccepting: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is too large */
        BodyTooLarge: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body must be application/json */
        UnsupportedMediaType: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This idempotency key came with another body before; The request has mistakes; This checkout_id came with another body before */
        IdempotencyKeyReusedOrValidationFailedOrCheckoutIdReused: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Too many requests */
        RateLimited: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                "Retry-After": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Something went wrong on our side */
        InternalError: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The database is away: nothing was stored, try again; The sign-in service is away */
        StorageUnavailableOrSignInUnavailable: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                "Retry-After": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request has mistakes */
        ValidationFailed: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing here */
        NotFound: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; It is too late for that */
        RequestInProgressOrAlreadyFinal: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This idempotency key came with another body before; The request has mistakes */
        IdempotencyKeyReusedOrValidationFailed: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; It is too late for that; There is nothing to capture by hand */
        RequestInProgressOrAlreadyFinalOrNotCapturable: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The proof could not be made now; The database is away: nothing was stored, try again; The sign-in service is away */
        ProofUnavailableOrStorageUnavailableOrSignInUnavailable: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                "Retry-After": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; There is nothing to refund */
        RequestInProgressOrNotRefundable: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This idempotency key came with another body before; The request has mistakes; That is more than is left to refund; This id came with other contents before */
        IdempotencyKeyReusedOrValidationFailedOrRefundExceedsRemainingOrIdReused: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; It is too late for that; The outcome of the last attempt is not known yet; The last attempt is still on its way */
        RequestInProgressOrAlreadyFinalOrOutcomeUnknownOrPaymentInProgress: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This API key may not do that; A second factor is needed for that */
        ForbiddenOrSecondFactorNeeded: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; That can not be done in this phase */
        RequestInProgressOrNotLegalNow: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The workflow engine or its workers are away; The database is away: nothing was stored, try again; The sign-in service is away */
        WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                "Retry-After": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; Nothing can be paid out to this seller now */
        RequestInProgressOrPayoutBlocked: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This idempotency key came with another body before; The request has mistakes; This id came with other contents before */
        IdempotencyKeyReusedOrValidationFailedOrIdReused: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; It is too late for that; Another person must agree to this */
        RequestInProgressOrAlreadyFinalOrSecondPersonNeeded: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There are no exchange rates to go by; The database is away: nothing was stored, try again; The sign-in service is away */
        RatesUnavailableOrStorageUnavailableOrSignInUnavailable: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                "Retry-After": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered */
        RequestInProgress: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description That can not be done in this phase */
        NotLegalNow: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; It is too late for that; That can not be done in this phase */
        RequestInProgressOrAlreadyFinalOrNotLegalNow: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description This idempotency key came with another body before */
        IdempotencyKeyReused: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this key is still being answered; That can not be done in this phase; It is too late for that */
        RequestInProgressOrNotLegalNowOrAlreadyFinal: {
            headers: {
                "RateLimit-Policy"?: string;
                RateLimit?: string;
                /** @description Quote it when you ask about a call */
                "Request-Id": string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listPayments: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                payment_order_status?: "NOT_STARTED" | "EXECUTING" | "SUCCESS" | "FAILED";
                seller_account?: string;
                checkout_id?: string;
                /** @description From this time on */
                created_from?: string;
                /** @description Before this time */
                created_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PaymentOrder"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createPayment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "checkout_id": "order-1001",
                 *       "buyer_info": {
                 *         "id": "buyer-7",
                 *         "email": "grace@example.com"
                 *       },
                 *       "credit_card_info": {
                 *         "payment_method": "pm_card_visa"
                 *       },
                 *       "payment_orders": [
                 *         {
                 *           "payment_order_id": "order-1001-1",
                 *           "seller_account": "ada",
                 *           "amount": "49.90",
                 *           "currency": "EUR",
                 *           "platform_fee": "4.99"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    checkout_id: string;
                    buyer_info: {
                        id: string;
                        /** Format: email */
                        email?: string;
                        name?: string;
                        country?: string;
                        phone?: string;
                        /**
                         * @description BCP 47: the language and the number format of messages
                         * @example de-AT
                         */
                        locale?: string;
                        ip?: string;
                    };
                    credit_card_info?: {
                        payment_method: string;
                    };
                    payment_orders: {
                        payment_order_id: string;
                        seller_account: string;
                        /** @example 49.90 */
                        amount: string;
                        /**
                         * @description ISO 4217
                         * @example EUR
                         */
                        currency: string;
                        /** @example 49.90 */
                        platform_fee?: string;
                        fx_quote_id?: string;
                        statement_descriptor?: string;
                    }[];
                    /** @enum {string} */
                    failure_policy?: "all_or_nothing" | "independent";
                    /** @enum {string} */
                    capture_method?: "automatic" | "manual";
                    return_url?: string;
                    metadata?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["RequestInProgressOrSellerNotAccepting"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailedOrCheckoutIdReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getPayment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentOrder"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    cancelPayment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "the buyer has changed her mind"
                 *     }
                 */
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentOrder"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    capturePayment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "amount": "20.00"
                 *     }
                 */
                "application/json": {
                    reason?: string;
                    /** @example 49.90 */
                    amount?: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PaymentOrder"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrNotCapturable"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getProof: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proof"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["ProofUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    listRefundsOfPayment: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                refund_status?: "requested" | "pending" | "succeeded" | "failed" | "voided" | "needs_attention";
                /** @description From this time on */
                created_from?: string;
                /** @description Before this time */
                created_to?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Refund"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createRefund: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "refund_id": "refund-1",
                 *       "amount": "10.00",
                 *       "reason": "damaged"
                 *     }
                 */
                "application/json": {
                    refund_id?: string;
                    /** @example 49.90 */
                    amount?: string;
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Refund"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Refund"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotRefundable"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailedOrRefundExceedsRemainingOrIdReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listRefunds: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                refund_status?: "requested" | "pending" | "succeeded" | "failed" | "voided" | "needs_attention";
                payment_order_id?: string;
                /** @description From this time on */
                created_from?: string;
                /** @description Before this time */
                created_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Refund"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getRefund: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Refund"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listCheckouts: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                checkout_status?: "open" | "awaiting_buyer" | "paid" | "partially_paid" | "failed" | "canceled" | "expired";
                seller_account?: string;
                /** @description From this time on */
                created_from?: string;
                /** @description Before this time */
                created_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Checkout"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getCheckout: {
        parameters: {
            query?: never;
            header?: {
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    cancelCheckout: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "the buyer has changed her mind"
                 *     }
                 */
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    captureCheckout: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "shipped"
                 *     }
                 */
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrNotCapturable"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    giveCard: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "credit_card_info": {
                 *         "payment_method": "pm_card_mastercard"
                 *       }
                 *     }
                 */
                "application/json": {
                    credit_card_info: {
                        payment_method: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Checkout"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrOutcomeUnknownOrPaymentInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getSeller: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Seller"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    putSeller: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "payout_account": "acct_1Ada",
                 *       "payout_schedules": [
                 *         {
                 *           "currency": "EUR",
                 *           "interval": "weekly",
                 *           "day": 1,
                 *           "minimum_amount": "10.00"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": {
                    payout_account?: string;
                    /** @enum {string} */
                    kyc_status?: "unverified" | "pending" | "verified" | "rejected";
                    /** @description Where the seller is told of payouts; null takes it away */
                    email?: string | null;
                    phone?: string | null;
                    locale?: string | null;
                    payout_schedules?: {
                        currency: string;
                        /** @enum {string} */
                        interval: "daily" | "weekly" | "monthly";
                        day?: number;
                        /** @example 49.90 */
                        minimum_amount?: string;
                        active?: boolean;
                    }[];
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Seller"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNow"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listSellers: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                standing?: "registered" | "onboarding" | "in_review" | "verified" | "action_required" | "restricted" | "rejected" | "suspended";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Seller"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    onboardSeller: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "country": "DE",
                 *       "return_url": "https://shop.example/sellers/ada",
                 *       "refresh_url": "https://shop.example/sellers/ada/onboarding"
                 *     }
                 */
                "application/json": {
                    /** @description Said once: an account keeps its country */
                    country: string;
                    /** @description Where the seller comes back to, done or not */
                    return_url: string;
                    /** @description Your page that makes this call again: a link is good once and for minutes. Mails lead there, too */
                    refresh_url: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OnboardingLink"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNow"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    suspendSeller: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "sells what it does not have"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Seller"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNow"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    reinstateSeller: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "has shown its papers"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Seller"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNow"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getWallet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Wallet"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getStatement: {
        parameters: {
            query: {
                currency: string;
                from?: string;
                to?: string;
                format?: "json" | "csv";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Statement"];
                    "text/csv": string;
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listPayouts: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                payout_status?: "requested" | "awaiting_approval" | "transferring" | "in_transit" | "paid" | "returning" | "failed" | "returned" | "refused" | "needs_attention";
                seller_account?: string;
                /** @description From this time on */
                created_from?: string;
                /** @description Before this time */
                created_to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Payout"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createPayout: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "payout_id": "payout-1",
                 *       "seller_account": "ada",
                 *       "amount": "30.00",
                 *       "currency": "EUR"
                 *     }
                 */
                "application/json": {
                    payout_id?: string;
                    seller_account: string;
                    /** @example 49.90 */
                    amount?: string;
                    currency: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Payout"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Payout"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrPayoutBlocked"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailedOrIdReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getPayout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Payout"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    approvePayout: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "checked with the seller"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Payout"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrSecondPersonNeeded"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    rejectPayout: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "checked with the seller"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Payout"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrSecondPersonNeeded"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listDisputes: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                dispute_status?: "inquiry" | "needs_response" | "under_review" | "won" | "lost" | "withdrawn" | "inquiry_closed";
                payment_order_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Dispute"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getDispute: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispute"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    giveEvidence: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "evidence": {
                 *         "shipping_tracking_number": "TRACK-1"
                 *       },
                 *       "submit": true
                 *     }
                 */
                "application/json": {
                    evidence: {
                        access_activity_log?: string;
                        billing_address?: string;
                        cancellation_policy_disclosure?: string;
                        cancellation_rebuttal?: string;
                        customer_email_address?: string;
                        customer_name?: string;
                        customer_purchase_ip?: string;
                        duplicate_charge_explanation?: string;
                        duplicate_charge_id?: string;
                        product_description?: string;
                        refund_policy_disclosure?: string;
                        refund_refusal_explanation?: string;
                        service_date?: string;
                        shipping_address?: string;
                        shipping_carrier?: string;
                        shipping_date?: string;
                        shipping_tracking_number?: string;
                        uncategorized_text?: string;
                    };
                    submit?: boolean;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispute"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    acceptDispute: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "reason": "the buyer is right"
                 *     }
                 */
                "application/json": {
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Dispute"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listBuyerPayments: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["BuyerPayment"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getBuyerPayment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BuyerPayment"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getFxRates: {
        parameters: {
            query?: {
                /** @description Left out: the base of the source */
                base?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FxRates"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["RatesUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    createFxQuote: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "quote_id": "quote-1",
                 *       "buyer_currency": "USD",
                 *       "seller_currency": "EUR",
                 *       "seller_amount": "49.90"
                 *     }
                 */
                "application/json": {
                    quote_id?: string;
                    buyer_currency: string;
                    seller_currency: string;
                    /** @example 49.90 */
                    buyer_amount?: string;
                    /** @example 49.90 */
                    seller_amount?: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FxQuote"];
                };
            };
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FxQuote"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailedOrIdReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["RatesUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    getFxQuote: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FxQuote"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getFxPositions: {
        parameters: {
            query?: {
                /** @description What to value all in. Left out: the reporting currency of the merchant, else the base of the source */
                currency?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FxPositions"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["RatesUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    listPlans: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Plan"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createPlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "plan_id": "gold",
                 *       "name": "Gold",
                 *       "seller_account": "ada",
                 *       "amount": "9.90",
                 *       "currency": "EUR",
                 *       "platform_fee": "0.99",
                 *       "interval": "month",
                 *       "trial_days": 14
                 *     }
                 */
                "application/json": {
                    plan_id: string;
                    name: string;
                    seller_account: string;
                    /** @example 49.90 */
                    amount: string;
                    currency: string;
                    /** @example 49.90 */
                    platform_fee?: string;
                    /** @enum {string} */
                    interval: "day" | "week" | "month" | "year";
                    interval_count?: number;
                    trial_days?: number;
                    /** @enum {string} */
                    when_unpaid?: "cancel" | "keep";
                    dunning?: {
                        soft_hours?: number[];
                        technical_hours?: number[];
                        give_up_days?: number;
                    };
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailedOrIdReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getPlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listSubscriptions: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                subscription_status?: "incomplete" | "trialing" | "active" | "past_due" | "paused" | "unpaid" | "canceled";
                plan_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Subscription"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "subscription_id": "sub-1",
                 *       "plan_id": "gold",
                 *       "buyer_info": {
                 *         "id": "buyer-7",
                 *         "email": "grace@example.com"
                 *       },
                 *       "credit_card_info": {
                 *         "payment_method": "pm_card_visa"
                 *       },
                 *       "time_zone": "Europe/Berlin"
                 *     }
                 */
                "application/json": {
                    subscription_id: string;
                    plan_id: string;
                    quantity?: number;
                    buyer_info: {
                        id: string;
                        /** Format: email */
                        email?: string;
                        name?: string;
                        country?: string;
                        phone?: string;
                        /**
                         * @description BCP 47: the language and the number format of messages
                         * @example de-AT
                         */
                        locale?: string;
                        ip?: string;
                    };
                    /** @description Left out: its buyer leaves a card on a page of the PSP, and it begins then */
                    credit_card_info?: {
                        payment_method: string;
                    };
                    time_zone?: string;
                    /** Format: date-time */
                    starts_at?: string;
                    trial_days?: number;
                    /** @description It goes by this clock, and not by the time */
                    test_clock_id?: string;
                    return_url?: string;
                    metadata?: {
                        [key: string]: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["RequestInProgressOrSellerNotAccepting"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailedOrIdReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listPeriods: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SubscriptionPeriod"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getUpcoming: {
        parameters: {
            query?: {
                plan_id?: string;
                quantity?: number;
                prorate?: boolean;
                at?: "next_period" | "now";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UpcomingPeriod"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["NotLegalNow"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    changeSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "quantity": 2
                 *     }
                 */
                "application/json": {
                    plan_id?: string;
                    quantity?: number;
                    /** @description Whether the rest of the period that runs is charged, or credited, on the next one */
                    prorate?: boolean;
                    /**
                     * @description `now`: the period that runs ends, and a new one begins and is charged at once
                     * @enum {string}
                     */
                    at?: "next_period" | "now";
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrNotLegalNow"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    pauseSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /** @example {} */
                "application/json": {
                    /** Format: date-time */
                    resume_at?: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    resumeSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    giveSubscriptionCard: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "credit_card_info": {
                 *         "payment_method": "pm_card_mastercard"
                 *       }
                 *     }
                 */
                "application/json": {
                    credit_card_info?: {
                        payment_method: string;
                    };
                    /** @constant */
                    on_page?: true;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    cancelSubscription: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "at": "period_end"
                 *     }
                 */
                "application/json": {
                    /** @enum {string} */
                    at: "now" | "period_end" | "never";
                    reason?: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    migratePlan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "migration_id": "gold-2027",
                 *       "from_plan_id": "gold",
                 *       "to_plan_id": "gold-2027"
                 *     }
                 */
                "application/json": {
                    migration_id: string;
                    from_plan_id: string;
                    to_plan_id: string;
                    /** @description Whether the rest of the period that runs is charged, or credited, on the next one */
                    prorate?: boolean;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanMigration"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanMigration"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["RequestInProgressOrNotLegalNow"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailedOrIdReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getPlanMigration: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlanMigration"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createTestClock: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "test_clock_id": "next-year",
                 *       "frozen_at": "2027-01-31T09:00:00Z"
                 *     }
                 */
                "application/json": {
                    test_clock_id: string;
                    /** Format: date-time */
                    frozen_at: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestClock"];
                };
            };
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestClock"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getTestClock: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestClock"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    advanceTestClock: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "frozen_at": "2027-02-28T09:00:00Z"
                 *     }
                 */
                "application/json": {
                    /** Format: date-time */
                    frozen_at: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestClock"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getRiskRules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RiskRules"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listRiskRuleSets: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["RiskRuleSet"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createRiskRuleSet: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "mode": "live",
                 *       "reason": "large first orders are looked at",
                 *       "rules": [
                 *         {
                 *           "rule_id": "large-first-order",
                 *           "when": [
                 *             {
                 *               "kind": "first_time_buyer"
                 *             },
                 *             {
                 *               "kind": "amount",
                 *               "above": {
                 *                 "EUR": "500"
                 *               }
                 *             }
                 *           ],
                 *           "action": "review"
                 *         }
                 *       ],
                 *       "review": {
                 *         "within_minutes": 240,
                 *         "otherwise": "block"
                 *       }
                 *     }
                 */
                "application/json": {
                    /** @enum {string} */
                    mode: "live" | "dry_run";
                    reason: string;
                    rules: {
                        rule_id: string;
                        when: ({
                            /** @constant */
                            kind: "velocity";
                            /** @enum {string} */
                            per: "buyer" | "email" | "ip" | "card" | "seller";
                            /** @enum {string} */
                            counts: "attempts" | "declines" | "cards" | "refunds" | "disputes" | "unproven";
                            /** @enum {string} */
                            within: "10m" | "1h" | "24h" | "7d" | "30d";
                            at_least: number;
                        } | {
                            /** @constant */
                            kind: "amount";
                            above: {
                                [key: string]: string;
                            };
                        } | {
                            /** @constant */
                            kind: "first_time_buyer";
                        } | {
                            /** @constant */
                            kind: "country_mismatch";
                        } | {
                            /** @constant */
                            kind: "country";
                            /** @enum {string} */
                            of: "buyer" | "card";
                            in: string[];
                        } | {
                            /** @constant */
                            kind: "seller_exposure";
                            new_for_days: number;
                            /** @enum {string} */
                            within: "10m" | "1h" | "24h" | "7d" | "30d";
                            above: {
                                [key: string]: string;
                            };
                        } | {
                            /** @constant */
                            kind: "psp_signal";
                            /** @enum {string} */
                            signal: "risk_elevated" | "risk_highest" | "cvc_failed" | "address_failed" | "postal_code_failed";
                        })[];
                        score?: number;
                        /** @enum {string} */
                        action?: "challenge" | "hold" | "review" | "block";
                        hold_seconds?: number;
                    }[];
                    thresholds?: {
                        challenge?: number;
                        review?: number;
                        block?: number;
                    };
                    review?: {
                        within_minutes?: number;
                        /** @enum {string} */
                        otherwise?: "allow" | "block";
                    };
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RiskRuleSet"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listRiskAssessments: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                decision?: "allow" | "challenge" | "hold" | "review" | "block";
                /** @description Only those that wait for a person */
                waiting?: "true";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["RiskAssessment"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getRiskAssessments: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RiskAssessments"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listRiskListEntries: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                list?: "allow" | "block";
                kind?: "buyer" | "email" | "ip" | "card" | "seller";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["RiskListEntry"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createRiskListEntry: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "list": "block",
                 *       "kind": "email",
                 *       "value": "mallory@example.com",
                 *       "reason": "three chargebacks"
                 *     }
                 */
                "application/json": {
                    /** @enum {string} */
                    list: "allow" | "block";
                    /** @enum {string} */
                    kind: "buyer" | "email" | "ip" | "card" | "seller";
                    value: string;
                    reason: string;
                    /** Format: date-time */
                    expires_at?: string;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RiskListEntry"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    removeRiskListEntry: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "it was somebody else"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RiskListEntry"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ApiKey"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "checkout service",
                 *       "scopes": [
                 *         "payments:write",
                 *         "payments:read"
                 *       ]
                 *     }
                 */
                "application/json": {
                    name: string;
                    scopes: ("payments:read" | "payments:write" | "refunds:write" | "sellers:read" | "sellers:write" | "payouts:read" | "payouts:write" | "keys:read" | "keys:write" | "events:read" | "webhooks:read" | "webhooks:write" | "notifications:read" | "notifications:write" | "ops:read" | "ops:write" | "finance:write" | "reconciliation:read" | "reconciliation:write" | "risk:read" | "risk:write" | "merchants:read" | "merchants:write")[];
                    /** Format: date-time */
                    expires_at?: string;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FreshApiKey"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    rotateApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "old_key_lives_hours": 24
                 *     }
                 */
                "application/json": {
                    old_key_lives_hours?: number;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FreshApiKey"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listMerchants: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Merchant"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createMerchant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "merchant_id": "acme",
                 *       "name": "Acme",
                 *       "time_zone": "Europe/Berlin",
                 *       "return_urls": [
                 *         "https://shop.acme.example"
                 *       ],
                 *       "policies": {
                 *         "platform_fee_on_refund": "kept",
                 *         "payouts": {
                 *           "approval_above": {
                 *             "*": "5000"
                 *           }
                 *         }
                 *       }
                 *     }
                 */
                "application/json": {
                    merchant_id: string;
                    name: string;
                    /**
                     * @description The PSP account's own: its days are settled by it
                     * @example Europe/Berlin
                     */
                    time_zone?: string;
                    /** @description Where buyers may be sent back to */
                    return_urls?: string[];
                    policies?: {
                        /** @enum {string} */
                        platform_fee_on_refund?: "returned" | "kept";
                        /** @enum {string} */
                        dispute_loss?: "seller" | "platform";
                        /** @enum {string} */
                        dispute_fee?: "seller" | "platform";
                        payouts?: {
                            approval_above?: {
                                [key: string]: string;
                            };
                            cooling_hours?: number;
                            /**
                             * @description Who may name another payout account of a seller who was not onboarded: `seller`, signed in and with a second factor, or the `storefront`, too
                             * @enum {string}
                             */
                            account_changes?: "seller" | "storefront";
                        };
                        reconciliation?: {
                            approval_above?: {
                                [key: string]: string;
                            };
                        };
                        fx?: {
                            spread_basis_points?: number;
                            quote_seconds?: number;
                            reporting_currency?: string | null;
                        };
                        notifications?: {
                            tell_buyers?: boolean;
                            tell_sellers?: boolean;
                            /**
                             * @description BCP 47: the language and the number format of messages
                             * @example de-AT
                             */
                            locale?: string;
                        };
                    };
                    /** @description The merchant's own account at the PSP; without it the platform's is used. Never shown again */
                    psp?: {
                        secret_key: string;
                        webhook_secret: string;
                        previous_webhook_secret?: string;
                    };
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Merchant"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailedOrIdReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getMerchant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Merchant"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    putMerchant: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "return_urls": [
                 *         "https://shop.acme.example",
                 *         "https://m.acme.example"
                 *       ]
                 *     }
                 */
                "application/json": {
                    name?: string;
                    /**
                     * @description The PSP account's own: its days are settled by it
                     * @example Europe/Berlin
                     */
                    time_zone?: string;
                    /** @description Where buyers may be sent back to */
                    return_urls?: string[];
                    policies?: {
                        /** @enum {string} */
                        platform_fee_on_refund?: "returned" | "kept";
                        /** @enum {string} */
                        dispute_loss?: "seller" | "platform";
                        /** @enum {string} */
                        dispute_fee?: "seller" | "platform";
                        payouts?: {
                            approval_above?: {
                                [key: string]: string;
                            };
                            cooling_hours?: number;
                            /**
                             * @description Who may name another payout account of a seller who was not onboarded: `seller`, signed in and with a second factor, or the `storefront`, too
                             * @enum {string}
                             */
                            account_changes?: "seller" | "storefront";
                        };
                        reconciliation?: {
                            approval_above?: {
                                [key: string]: string;
                            };
                        };
                        fx?: {
                            spread_basis_points?: number;
                            quote_seconds?: number;
                            reporting_currency?: string | null;
                        };
                        notifications?: {
                            tell_buyers?: boolean;
                            tell_sellers?: boolean;
                            /**
                             * @description BCP 47: the language and the number format of messages
                             * @example de-AT
                             */
                            locale?: string;
                        };
                    };
                    /** @description The merchant's own account at the PSP; without it the platform's is used. Never shown again */
                    psp?: {
                        secret_key: string;
                        webhook_secret: string;
                        previous_webhook_secret?: string;
                    };
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Merchant"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createMerchantApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "storefront",
                 *       "scopes": [
                 *         "payments:write",
                 *         "payments:read",
                 *         "keys:write"
                 *       ]
                 *     }
                 */
                "application/json": {
                    name: string;
                    scopes: ("payments:read" | "payments:write" | "refunds:write" | "sellers:read" | "sellers:write" | "payouts:read" | "payouts:write" | "keys:read" | "keys:write" | "events:read" | "webhooks:read" | "webhooks:write" | "notifications:read" | "notifications:write" | "ops:read" | "ops:write" | "finance:write" | "reconciliation:read" | "reconciliation:write" | "risk:read" | "risk:write" | "merchants:read" | "merchants:write")[];
                    /** Format: date-time */
                    expires_at?: string;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FreshApiKey"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                type?: string;
                resource_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Event"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listWebhookEndpoints: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["WebhookEndpoint"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "url": "https://shop.example/hooks/paysaga",
                 *       "types": [
                 *         "payment.succeeded",
                 *         "refund.failed"
                 *       ]
                 *     }
                 */
                "application/json": {
                    url: string;
                    types?: string[];
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FreshWebhookEndpoint"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "old_secret_lives_hours": 24
                 *     }
                 */
                "application/json": {
                    old_secret_lives_hours?: number;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FreshWebhookEndpoint"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    disableWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    enableWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookEndpoint"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    testWebhookEndpoint: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                endpoint_id?: string;
                state?: "pending" | "delivered" | "dead" | "disabled";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["WebhookDelivery"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    replayWebhookDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookDelivery"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listContacts: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Contact"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getContact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    putContact: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "On call",
                 *       "email": "oncall@shop.example",
                 *       "phone": "+4915112345678",
                 *       "kinds": [
                 *         "needs_attention"
                 *       ]
                 *     }
                 */
                "application/json": {
                    name: string;
                    /** Format: email */
                    email?: string;
                    phone?: string;
                    /** @description A chat's incoming webhook, which takes `{"text"}`. Never shown again */
                    chat_url?: string;
                    /** @description What a browser's `PushSubscription.toJSON()` says. Never shown again */
                    push_subscription?: {
                        endpoint: string;
                        keys: {
                            p256dh: string;
                            auth: string;
                        };
                        expirationTime?: number | null;
                    };
                    /**
                     * @description BCP 47: the language and the number format of messages
                     * @example de-AT
                     */
                    locale?: string;
                    /**
                     * @description Of what they are told; empty: of all
                     * @default []
                     */
                    kinds?: ("needs_attention" | "dispute_opened" | "dispute_deadline" | "break_opened")[];
                    /** @default true */
                    active?: boolean;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Contact"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listNotifications: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                state?: "pending" | "delivered" | "failed" | "unneeded";
                kind?: "receipt" | "refund" | "card_needed" | "payout_paid" | "payout_failed" | "statement" | "seller_requirements" | "seller_suspended" | "payout_account_changed" | "needs_attention" | "dispute_opened" | "dispute_deadline" | "break_opened";
                event_id?: string;
                resource_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Notification"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getNotification: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notification"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    resendNotification: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Notification"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    previewNotification: {
        parameters: {
            query?: {
                /** @description BCP 47 */
                locale?: string;
                format?: "json" | "html";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationPreview"];
                    "text/html": string;
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    reportBounce: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "nobody@shop.example",
                 *       "reason": "5.1.1 no such user"
                 *     }
                 */
                "application/json": {
                    /** Format: email */
                    email: string;
                    reason: string;
                    notification_id?: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationBounce"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    forgetBounce: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "email": "back@shop.example"
                 *     }
                 */
                "application/json": {
                    /** Format: email */
                    email: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotificationBounce"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listReconciliationRuns: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ReconciliationRun"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createReconciliationRuns: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from": "2026-11-18",
                 *       "to": "2026-11-20"
                 *     }
                 */
                "application/json": {
                    from: string & (unknown & unknown);
                    to: string & (unknown & unknown);
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        workflow_ids: string[];
                    };
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getReconciliationRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationRun"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getReconciliationReport: {
        parameters: {
            query?: {
                /** @description Otherwise by the Accept header; a page by default */
                format?: "html" | "csv";
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                    "text/csv": string;
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listSettlementFiles: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SettlementFile"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createSettlementFile: {
        parameters: {
            query: {
                /** @description What it is */
                kind: "settlement" | "bank";
                /** @description What people call it */
                name?: string;
            };
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
                "application/xml": string;
                "text/xml": string;
                "application/gzip": string;
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettlementFile"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettlementFile"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getSettlementFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettlementFile"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listReconciliationBreaks: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                state?: "open" | "closed" | "resolved";
                class?: "timing" | "missing_here" | "missing_there" | "amount" | "currency" | "duplicate" | "status" | "fee" | "unknown";
                settlement_date?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["ReconciliationBreak"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getReconciliationBreak: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationBreak"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    resolveReconciliationBreak: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "the PSP has confirmed it as its own mistake",
                 *       "outcome": "explained"
                 *     }
                 */
                "application/json": {
                    reason: string;
                    /**
                     * @default explained
                     * @enum {string}
                     */
                    outcome?: "psp_is_right" | "explained";
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationBreak"];
                };
            };
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReconciliationBreak"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrSecondPersonNeeded"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listCalls: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                actor?: string;
                factor?: "api_key" | "sign_in" | "second_factor" | "command_line";
                /** @description What the path begins with, such as `/v1/payouts` */
                path?: string;
                /** @description From this time on */
                started_from?: string;
                /** @description Before this time */
                started_to?: string;
                format?: "json" | "csv";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Call"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                    "text/csv": string;
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listPspEvents: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                state?: "received" | "parked" | "applied" | "no_change" | "ignored" | "dead_letter";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["PspEvent"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    replayPspEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "from": "2026-11-20T00:00:00Z",
                 *       "to": "2026-11-21T00:00:00Z"
                 *     }
                 */
                "application/json": {
                    /** Format: date-time */
                    from: string;
                    /** Format: date-time */
                    to: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        replayed: number;
                    };
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getPspEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PspEvent"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    replayPspEvent: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PspEvent"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinal"];
            422: components["responses"]["IdempotencyKeyReused"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getGeneralLedger: {
        parameters: {
            query?: {
                from?: string;
                to?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listProposals: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                state?: "proposed" | "approved" | "rejected" | "done" | "failed";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Proposal"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    createProposal: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "kind": "write_off",
                 *       "proposal_id": "write-off-1",
                 *       "seller_account": "ada",
                 *       "amount": "3.00",
                 *       "currency": "EUR",
                 *       "reason": "the seller has closed shop"
                 *     }
                 */
                "application/json": {
                    /** @constant */
                    kind: "adjustment";
                    proposal_id?: string;
                    reason: string;
                    currency: string;
                    /** Format: date-time */
                    effective_at: string;
                    lines: {
                        account: string;
                        /** @example 49.90 */
                        debit?: string;
                        /** @example 49.90 */
                        credit?: string;
                    }[];
                } | {
                    /** @constant */
                    kind: "write_off";
                    proposal_id?: string;
                    reason: string;
                    seller_account: string;
                    /** @example 49.90 */
                    amount: string;
                    currency: string;
                } | {
                    /** @constant */
                    kind: "period_close";
                    proposal_id?: string;
                    reason: string;
                    /** Format: date-time */
                    through: string;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proposal"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            409: components["responses"]["RequestInProgress"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    getProposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proposal"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    approveProposal: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "agreed with the auditor"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proposal"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrSecondPersonNeeded"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    rejectProposal: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
                /** @description `wait=10` waits up to that many seconds (60 at most) for the outcome (RFC 7240) */
                Prefer?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "agreed with the auditor"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Stored: it will be carried out, whatever happens */
            202: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    "Preference-Applied"?: string;
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proposal"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrAlreadyFinalOrSecondPersonNeeded"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
    listProcesses: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                about?: string;
                kind?: "checkout" | "payment_order" | "refund" | "payout" | "dispute" | "adjustment" | "stray_payment" | "break" | "reconciliation" | "settlement_file" | "webhook_delivery" | "notification" | "scheduled_payout" | "subscription" | "plan_migration" | "seller";
                needs_attention?: "true" | "false";
                running?: "true" | "false";
                phase?: string;
                started_before?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Process"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    getProcess: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Standing"];
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    retryProcess: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "the card network has confirmed it"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Word"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNowOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    supplyOutcome: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "the card network has confirmed it",
                 *       "outcome": "succeeded",
                 *       "psp_reference": "pi_123"
                 *     }
                 */
                "application/json": {
                    reason: string;
                    /** @enum {string} */
                    outcome: "succeeded" | "authorized" | "declined" | "canceled" | "refunded" | "failed";
                    psp_reference?: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Word"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNowOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    abandonProcess: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "the card network has confirmed it"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Word"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNowOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    compensateProcess: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "the card network has confirmed it"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Word"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNowOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    approveProcess: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "the card network has confirmed it"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Word"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNowOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    rejectProcess: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "the card network has confirmed it"
                 *     }
                 */
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Word"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNowOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    resolveProcess: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key and request again gets the first answer, for 7 days */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "reason": "the card network has confirmed it",
                 *       "outcome": "explained"
                 *     }
                 */
                "application/json": {
                    reason: string;
                    /**
                     * @default explained
                     * @enum {string}
                     */
                    outcome?: "psp_is_right" | "explained";
                };
            };
        };
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    /** @description It was answered so before */
                    "Idempotent-Replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Word"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["ForbiddenOrSecondFactorNeeded"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["RequestInProgressOrNotLegalNowOrAlreadyFinal"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["IdempotencyKeyReusedOrValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["WorkflowsUnavailableOrStorageUnavailableOrSignInUnavailable"];
        };
    };
    listOpsActions: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                after?: string;
                actor?: string;
                payment_order_id?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done, or how it stands */
            200: {
                headers: {
                    "RateLimit-Policy"?: string;
                    RateLimit?: string;
                    /** @description Quote it when you ask about a call */
                    "Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["OpsAction"][];
                        has_more: boolean;
                        /** @description Send it as `after` for the next page; null on the last one */
                        next_cursor: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["ValidationFailed"];
            429: components["responses"]["RateLimited"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["StorageUnavailableOrSignInUnavailable"];
        };
    };
}
