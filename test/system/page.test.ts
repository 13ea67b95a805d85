// The GraphiQL page in a real browser: it works with no network but the gateway's own address.
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { can, find } from './needs.ts';

const isHere = can('the GraphiQL page in a browser', ['chromium']);

describe.skipIf(!isHere)('the GraphiQL page', () => {
  let gateway: TestGateway;
  let browser: Browser;

  beforeAll(async () => {
    gateway = await startGateway();
    await gateway.run('mutation { createInstance(input: { name: "Seen in a browser" }) { instance { id } } }');
    browser = await chromium.launch({
      executablePath: find('chromium') as string,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  });

  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  it('runs a query and a subscription, and asks nobody but the gateway', async () => {
    const page = await browser.newPage();
    const asked = new Set<string>();
    page.on('request', (request) => asked.add(new URL(request.url()).host));
    const open = (query: string) => page.goto(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`);
    const run = () => page.getByRole('button', { name: /execute query/i }).click();
    const answer = (text: string) => page.locator('.result-window').getByText(text).first().waitFor();

    await open('{ instances { nodes { name } } }');
    await run();
    await answer('Seen in a browser');

    await open('subscription { processStatus(filter: { process: "none" }) { status } }');
    await run();
    await answer('NOT_FOUND');
    expect([...asked].filter((host) => host !== '' && host !== new URL(gateway.url).host)).toEqual([]);
  });
});
