// A fetched address is waited for as I/O, without the GIL, and Stop ends that too: node python/tests/waits.mjs

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { open } from "./browser.mjs";

const PROGRAM = `import sys, threading
from urllib.request import urlopen

def fetch():
    urlopen(sys.argv[2] + "/meet?count=2").read()

threads = [threading.Thread(target=fetch, name=f"fetcher-{i}") for i in range(2)]
[t.start() for t in threads]
[t.join() for t in threads]
print("met")
`;

export async function checkWaits() {
  const browser = await open();
  const args = browser.servers;
  for (const gil of [true, false]) {
    const report = await browser.run(PROGRAM, { gil, args });
    assert.equal(report.lines.at(-1)?.text, "met", JSON.stringify(report.lines));
    const fetchers = Object.entries(report.lanes).filter(([, { name }]) => name.startsWith("fetcher"));
    assert.equal(fetchers.length, 2, JSON.stringify(report.lanes));
    const spans = fetchers.map(([lane]) => {
      const own = report.events.filter((event) => event.lane === Number(lane)).sort((a, b) => a.at - b.at);
      const at = own.findIndex(({ mark, state }) => mark === "state" && state === "waiting-for-io");
      assert.ok(at >= 0, `lane ${lane} never waits for I/O`);
      const until = own.slice(at + 1).find(({ mark }) => mark === "state");
      if (gil) assert.ok(own.slice(at).some(({ mark }) => mark === "gil-dropped"), `lane ${lane} keeps the GIL`);
      return [own[at].at, until.at];
    });
    assert.ok(spans[0][0] < spans[1][1] && spans[1][0] < spans[0][1], `both wait at once: ${JSON.stringify(spans)}`);
  }
  const waits = "import sys, urllib.request\nprint('on')\nurllib.request.urlopen(sys.argv[2] + '/never')";
  const report = await browser.run(waits, { args, stopWhen: "on" });
  assert.equal(report.how, "stopped");
  assert.deepEqual(report.lines.map(({ text }) => text), ["on"]);
  assert.ok(report.stopTook < 100, `stopped after ${report.stopTook} ms`);
  await browser.close();
  console.log("ok: fetched addresses are waited for as I/O, without the GIL; Stop ends that");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await checkWaits();
