import * as assert from "uvu/assert";
import { endpointOf, type PluginEndpoint, readAddress } from "../../src/docker/address.ts";
import { PluginError } from "../../src/plugin-error.ts";
import { suite } from "../support/suite.ts";

const test = suite("address");

const TLS = { verify: true };

test("endpointOf() takes unix, tcp and http without TLS, https with it (moby 6)", () => {
  const local = "plugin.moby.localhost";
  const cases: [address: string, endpoint: PluginEndpoint["endpoint"], host: string][] = [
    ["tcp://127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }, "127.0.0.1:8080"],
    ["unix:///usr/local/plugins/foo", { path: "/usr/local/plugins/foo" }, local],
    ["http://127.0.0.1:8080", { host: "127.0.0.1", port: 8080 }, "127.0.0.1:8080"],
    ["https://127.0.0.1:8080", { host: "127.0.0.1", port: 8080, tls: TLS }, "127.0.0.1:8080"],
    ["HTTPS://example.com/docker/plugin?a#b", {
      host: "example.com",
      port: 443,
      tls: TLS,
    }, "example.com"],
    ["tcp://plugin", { host: "plugin", port: 80 }, "plugin"],
    ["tcp://plugin:", { host: "plugin", port: 80 }, "plugin:"],
    ["tcp://[::1]:7", { host: "::1", port: 7 }, "[::1]:7"],
    ["tcp://[fe80::1%25eth0]:7", { host: "fe80::1%eth0", port: 7 }, "[fe80::1%25eth0]:7"],
    ["unix:/run/a%20b.sock", { path: "/run/a b.sock" }, local],
  ];
  for (const [address, endpoint, host] of cases) {
    assert.equal(endpointOf(address, TLS), { endpoint, host }, address);
  }
});

test("endpointOf() refuses what Docker would dial somewhere", () => {
  const cases: [address: string, message: RegExp][] = [
    ["localhost:8080", /the scheme "localhost" is none/],
    ["ftp://127.0.0.1", /the scheme "ftp" is none/],
    ["npipe:////./pipe/a", /the scheme "npipe" is none/],
    ["unix://var/run/a.sock", /whole path/],
    ["unix:a.sock", /whole path/],
    ["unix://", /whole path/],
    ["tcp://", /no host/],
    ["http:///path", /no host/],
    ["tcp://:8080", /no such host/],
    ["tcp://\u00e9:1", /no URL/],
    ["tcp://a:65536", /no such host/],
    ["tcp://a:0", /no such host/],
    ["tcp://user:secret@a:1", /not sent any user name/],
    ["tcp://a:b", /no URL/],
    ["tcp://a b:1", /no URL/],
    ["unix:///a%zz", /no URL/],
    ["unix:///a\n.sock", /no URL/],
    ["/run/a.sock", /no URL/],
    ["", /no URL/],
  ];
  for (const [address, message] of cases) {
    assert.throws(
      () => endpointOf(address, TLS),
      (error: unknown) =>
        error instanceof PluginError && error.code === "docker.address-invalid" &&
        message.test(error.message),
      address,
    );
  }
});

test("readAddress() takes what Go takes for a URL with a scheme, whether we speak to it or not", () => {
  const cases: [address: string, isOne: boolean][] = [
    ["unix://var/lib/docker/plugins/echo.sock", true],
    ["localhost:8080", true],
    ["tcp://localhost:8080", true],
    ["127.0.0.1:8080", false],
    ["a/b:c", false],
    ["unix:///a\tb", false],
    ["unix:///\u007f", false],
    ["://a", false],
    ["1a://b", false],
    ["é://b", false],
  ];
  for (const [address, isOne] of cases) {
    assert.is(readAddress(address) !== undefined, isOne, address);
  }
});

test.run();
