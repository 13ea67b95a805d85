// Imported before all else: on an older Node the store's native part would end the process without a word.
const NEEDED = 24;

if (Number.parseInt(process.versions.node, 10) < NEEDED) {
  console.error(
    `Gantry needs Node ${NEEDED} or newer, and this is ${process.version}. npm start uses the one that npm ci installed.`,
  );
  process.exit(1);
}
