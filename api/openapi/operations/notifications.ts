import { z } from 'zod';
import { notificationIdPattern, notificationKinds, notificationStates } from '../../../domain/notification';
import { bounceBody, contactBody, forgetBounceBody } from '../../schemas';
import { bounceAnswer, contactAnswer, notificationAnswer, page, previewAnswer } from '../answers';
import { paged, type Operation } from '../operation';

/** Who is told what, and how that went. */
export const notificationsOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/contacts',
    id: 'listContacts',
    tag: 'Notifications',
    summary: 'Your own people who are told of what needs somebody',
    scope: 'ops:read',
    query: z.object(paged()),
    answers: { 200: page(contactAnswer) },
  },
  {
    method: 'get',
    path: '/v1/contacts/{id}',
    id: 'getContact',
    tag: 'Notifications',
    summary: 'One contact',
    scope: 'ops:read',
    answers: { 200: contactAnswer },
  },
  {
    method: 'put',
    path: '/v1/contacts/{id}',
    id: 'putContact',
    tag: 'Notifications',
    summary: 'Say who is told, of what, and by which ways',
    description:
      'The first way that is there is taken: chat, e-mail, push; for what is urgent an SMS after them. Addresses of chats and push subscriptions are never shown again.',
    scope: 'ops:write',
    body: contactBody,
    example: { name: 'On call', email: 'oncall@shop.example', phone: '+4915112345678', kinds: ['needs_attention'] },
    links: { getContact: '/contact_id' },
    answers: { 200: contactAnswer },
  },
  {
    method: 'get',
    path: '/v1/notifications',
    id: 'listNotifications',
    tag: 'Notifications',
    summary: 'Messages to people, the newest first; the ones that reached nobody by `state=failed`',
    scope: 'notifications:read',
    query: z.object({
      ...paged(z.string().regex(notificationIdPattern)),
      state: z.enum(notificationStates).optional(),
      kind: z.enum(notificationKinds).optional(),
      event_id: z
        .string()
        .regex(/^evt_[a-z0-9]{1,64}$/)
        .optional(),
      resource_id: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,255}$/)
        .optional(),
    }),
    answers: { 200: page(notificationAnswer) },
  },
  {
    method: 'get',
    path: '/v1/notifications/{id}',
    id: 'getNotification',
    tag: 'Notifications',
    summary: 'One message, with the log of its tries',
    scope: 'notifications:read',
    idPattern: notificationIdPattern,
    answers: { 200: notificationAnswer },
  },
  {
    method: 'post',
    path: '/v1/notifications/{id}/resend',
    id: 'resendNotification',
    tag: 'Notifications',
    summary: 'Send it again from the beginning, though it may have arrived',
    scope: 'notifications:write',
    idPattern: notificationIdPattern,
    answers: { 202: notificationAnswer },
    problems: ['already-final'],
  },
  {
    method: 'get',
    path: '/v1/notification_previews/{id}',
    id: 'previewNotification',
    tag: 'Notifications',
    summary: 'An example of a kind of message, in any language; `format=html` is the mail itself',
    scope: 'notifications:read',
    idPattern: new RegExp(`^(${notificationKinds.join('|')})$`),
    query: z.object({
      locale: z.string().max(35).optional().meta({ description: 'BCP 47' }),
      format: z.enum(['json', 'html']).optional(),
    }),
    answers: { 200: previewAnswer },
    text: ['text/html'],
  },
  {
    method: 'post',
    path: '/v1/notification_bounces',
    id: 'reportBounce',
    tag: 'Notifications',
    summary: 'Say that an address takes no mail, as your mail server was told later',
    description:
      'It is not written to again. With the notification’s id (the Message-ID up to its @) an urgent one goes on by another way.',
    scope: 'notifications:write',
    body: bounceBody,
    example: { email: 'nobody@shop.example', reason: '5.1.1 no such user' },
    answers: { 200: bounceAnswer },
  },
  {
    method: 'post',
    path: '/v1/notification_bounces/forget',
    id: 'forgetBounce',
    tag: 'Notifications',
    summary: 'Write to an address again',
    scope: 'notifications:write',
    body: forgetBounceBody,
    example: { email: 'back@shop.example' },
    answers: { 200: bounceAnswer },
  },
];
