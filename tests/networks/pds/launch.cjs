// Starts Bluesky's own server with a directory of accounts beside it, both on loopback only and with
// nothing kept from the last time. Run: node launch.cjs FOLDER_OF_PACKAGES FOLDER_FOR_DATA
"use strict";
const net = require("node:net");
const path = require("node:path");
const crypto = require("node:crypto");

const [packages, data] = process.argv.slice(2);
const from = (name) => require(require.resolve(name, { paths: [packages] }));

// Both servers would listen on all interfaces.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  const port = typeof first === "object" && first !== null ? first.port : first;
  return listen.call(this, { port, host: "127.0.0.1" }, rest.find((one) => typeof one === "function"));
};

const freePort = () =>
  new Promise((done) => {
    const probe = net.createServer();
    probe.listen(0, () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });

async function main() {
  const { PlcServer, Database } = from("@did-plc/server");
  const { PDS, envToCfg, envToSecrets } = from("@atproto/pds");
  const { Secp256k1Keypair } = from("@atproto/crypto");
  const plcPort = await freePort();
  await PlcServer.create({ db: Database.mock(), port: plcPort }).start();
  const key = await Secp256k1Keypair.create({ exportable: true });
  const port = await freePort();
  const env = {
    devMode: true,
    port,
    hostname: "localhost",
    dataDirectory: data,
    blobstoreDiskLocation: path.join(data, "blobs"),
    didPlcUrl: `http://127.0.0.1:${plcPort}`,
    serviceHandleDomains: [".test"],
    inviteRequired: false,
    disableSsrfProtection: true,
    rateLimitsEnabled: false,
    adminPassword: crypto.randomBytes(16).toString("hex"),
    jwtSecret: crypto.randomBytes(16).toString("hex"),
    plcRotationKeyK256PrivateKeyHex: Buffer.from(await key.export()).toString("hex"),
  };
  const pds = PDS.fromEnv
    ? await PDS.fromEnv(env)
    : await PDS.create(envToCfg(env), envToSecrets(env));
  await pds.start();
  process.stdout.write(`http://127.0.0.1:${port}\n`);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
