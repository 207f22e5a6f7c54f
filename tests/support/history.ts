import type { Client } from '@temporalio/client';

/** All that a workflow's history says, its payloads decoded: for looking whether it says what it must not. */
export async function historyText(client: Client, workflowId: string): Promise<string> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  const text = JSON.stringify(history).replace(/"data":"([A-Za-z0-9+/]+=*)"/g, (_match, data: string) =>
    Buffer.from(data, 'base64').toString(),
  );
  // Otherwise the payloads were not among what was read, and nothing was looked at.
  if (!text.includes('"merchantId"')) throw new Error(`the payloads of ${workflowId} could not be read`);
  return text;
}
