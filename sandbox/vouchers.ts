import type { Voucher } from './test-payment-methods';

const vouchers: readonly string[] = ['multibanco', 'boleto', 'oxxo', 'konbini'] satisfies Voucher[];
/** Whether a payment method is paid in cash at an agent. */
export const isVoucher = (type: string): type is Voucher => vouchers.includes(type);

/** What the buyer needs to pay a voucher in cash. */
export function voucherAction(type: Voucher, url: string, expires: number): Record<string, unknown> {
  const number = '999 123 456';
  const details: Record<Voucher, Record<string, unknown>> = {
    multibanco: { entity: '12345', expires_at: expires, hosted_voucher_url: url, reference: number },
    boleto: { expires_at: expires, hosted_voucher_url: url, number, pdf: null },
    oxxo: { expires_after: expires, hosted_voucher_url: url, number },
    konbini: {
      expires_at: expires,
      hosted_voucher_url: url,
      stores: { familymart: null, lawson: null, ministop: null, seicomart: null },
    },
  };
  return { type: `${type}_display_details`, [`${type}_display_details`]: details[type] };
}
