import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTransport } from 'nodemailer';
import pino from 'pino';
import { chromium, type Browser, type Page } from 'playwright-core';
import { createCodecApp, sessionKeyOf } from '../../api/codec';
import { MailCatcher } from '../../mail-catcher/catcher';
import { unsubscribeToken } from '../../notifications/addresses';
import { openDatabase } from '../../prisma/database';
import { findChromium } from '../../scripts/tools.mjs';
import { EncryptionCodec } from '../../temporal/payload-codec';
import { looksRight } from '../support/looks';
import { opsKey, secretsKey, TestStack } from '../support/stack';

/** The small pages that people meet elsewhere: each can be used by everybody, on a telephone, too. */
const executablePath = findChromium();

(executablePath === undefined ? describe.skip : describe)('small pages', () => {
  let stack: TestStack;
  let browser: Browser;
  let page: Page;
  let catcher: MailCatcher;
  let mailUrl = '';
  let codec: Server;
  const folder = mkdtempSync(join(tmpdir(), 'paysaga-pages-'));
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    stack = await TestStack.start({ withWorker: false });
    catcher = new MailCatcher(folder);
    const { smtpPort, httpPort } = await catcher.listen(0, 0);
    mailUrl = `http://127.0.0.1:${String(httpPort)}`;
    await createTransport({ port: smtpPort, host: '127.0.0.1', secure: false }).sendMail({
      from: 'pay@example.com',
      to: 'ada@example.com',
      subject: 'Your receipt',
      text: 'Thank you.',
      html: '<!doctype html><html lang="en"><title>Your receipt</title><p>Thank you.</p></html>',
    });
    const identity = openDatabase('identity', stack.urls.identity, 'one_merchant', () => undefined);
    stops.push(() => identity.$disconnect());
    codec = createServer(
      createCodecApp({
        identity,
        operators: undefined,
        logger: pino({ level: 'silent' }),
        codec: new EncryptionCodec([{ id: 'of-the-tests', key: randomBytes(32) }]),
        sessionKey: sessionKeyOf(randomBytes(32)),
        uiOrigins: [],
        merchantId: 'default',
        secure: false,
      }),
    );
    await new Promise<void>((resolve) => codec.listen(0, '127.0.0.1', () => resolve()));
    browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    page = await browser.newPage();
  });
  afterAll(async () => {
    await browser.close();
    await catcher.close();
    codec.closeAllConnections();
    await new Promise((resolve) => codec.close(resolve));
    await Promise.all(stops.map((stop) => stop()));
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('unsubscribing: nothing before the button, and back again', async () => {
    const token = unsubscribeToken(secretsKey, { merchantId: 'default', addressHash: 'a'.repeat(43), kind: 'receipt' });
    await page.goto(`${stack.apiUrl}/unsubscribe?token=${encodeURIComponent(token)}`);
    await looksRight(page, 'unsubscribe');
    expect((await stack.owner.query('SELECT FROM events.opt_out')).rowCount).toBe(0);
    await page.getByRole('button', { name: 'Stop them' }).click();
    await page.getByText('You will get none from now on.').waitFor();
    expect((await stack.owner.query('SELECT FROM events.opt_out')).rowCount).toBe(1);
    await page.getByRole('button', { name: 'Send them again' }).click();
    await page.getByText('You get receipts again').waitFor();
    expect((await stack.owner.query('SELECT FROM events.opt_out')).rowCount).toBe(0);
    await page.goto(`${stack.apiUrl}/unsubscribe?token=nonsense`);
    await looksRight(page, 'unsubscribe-unknown');
  });

  it('where a buyer comes back to', async () => {
    await page.goto(`${stack.apiUrl}/return`);
    await looksRight(page, 'return');
  });

  it('the mail catcher: its list, and a mail', async () => {
    await page.goto(mailUrl);
    await looksRight(page, 'mail-list');
    await page.getByRole('link', { name: 'Your receipt' }).click();
    await page.getByRole('heading', { name: 'Your receipt' }).waitFor();
    await looksRight(page, 'mail');
  });

  it('the codec server, out and in', async () => {
    await page.goto(`http://127.0.0.1:${String((codec.address() as AddressInfo).port)}/`);
    await looksRight(page, 'codec-out');
    await page.locator('#secret').fill(opsKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await looksRight(page, 'codec-in');
  });
});
