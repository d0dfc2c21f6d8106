// Holds documents against AsyncAPI's own parser: node check.cjs <folder with node_modules> <document>...
const fs = require("fs");
const path = require("path");

const { Parser } = require(path.join(process.argv[2], "node_modules", "@asyncapi", "parser"));

async function said(file) {
  const { document, diagnostics } = await new Parser().parse(fs.readFileSync(file, "utf8"));
  return {
    valid: document !== undefined,
    errors: diagnostics.filter((d) => d.severity === 0).map((d) => `${d.path.join("/")}: ${d.message}`),
    channels: document ? document.channels().all().map((channel) => channel.address()) : [],
  };
}

Promise.all(process.argv.slice(3).map(said)).then((all) => console.log(JSON.stringify(all)));
