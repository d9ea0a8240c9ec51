import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { failure, place, readOne } from "../read.ts";

const test = suite("document/recognise/docker-http");

test("a request's body is folded by its path", async () => {
  for (
    const [path, body, wanted] of [
      ["/v1.41/containers/create", { image: "a" }, { Image: "a" }],
      ["/containers/abc/exec", { privileged: true }, { Privileged: true }],
      ["/v1.41/containers/abc/update", { memory: 1 }, { Memory: 1 }],
      ["/v1.41/networks/create", { driver: "x" }, { Driver: "x" }],
      ["/v1.41/networks/n/connect", { container: "x" }, { Container: "x" }],
      ["/v1.41/volumes/create", { driveropts: {} }, { DriverOpts: {} }],
      ["/v1.41/services/create", { tasktemplate: {} }, { TaskTemplate: {} }],
      ["/v1.41/services/s/update", { tasktemplate: {} }, { TaskTemplate: {} }],
      ["/v1.41/networks/n/disconnect", { container: "x", FORCE: true }, {
        Container: "x",
        Force: true,
      }],
      ["/v1.41/plugins/localhost:5000/a/b/upgrade", [{ name: "x" }], [{ Name: "x" }]],
      ["/v1.41/containers/a/b/exec", { privileged: true }, { Privileged: true }],
      ["/v1.41/swarm/init", { spec: { caconfig: { signingcakey: "x" } } }, {
        Spec: { CAConfig: { SigningCAKey: "x" } },
      }],
      ["/v1.41/secrets/create", { DATA: "x", driver: { NAME: "y" } }, {
        Data: "x",
        Driver: { Name: "y" },
      }],
      ["/v1.23/containers/abc/start", { privileged: true }, { Privileged: true }],
      ["/v1.41/commit", { image: "a" }, { Image: "a" }],
      ["/v1.41/exec/abc/start", { tty: true }, { Tty: true }],
      ["/v1.41/build", { image: "a" }, { image: "a" }],
      ["/v1.41/containers/abc/stop", { image: "a" }, { image: "a" }],
    ] as const
  ) {
    const document = await readOne("a.json", JSON.stringify({ method: "POST", path, body }));
    assert.is(document.kind, "docker.request");
    assert.equal(document.object, { method: "POST", path, body: wanted });
    assert.is(document.subject.name, `POST ${path}`);
  }
});

test("a request is located where the input has it", async () => {
  const document = await readOne(
    "a.json",
    '{"method":"POST","path":"/containers/create",\n"body":{\n"hostconfig":{}}}',
  );
  assert.is(place(document, "/body/HostConfig"), "3:1");
  assert.is(place(document, "/method"), "1:2");
});

test("a response has a status, and the daemon's own spelling", async () => {
  const call = { method: "POST", path: "/containers/create", status: 201, body: { image: "a" } };
  const document = await readOne("a.json", call);
  assert.is(document.kind, "docker.response");
  assert.equal(document.object, call);
});

for (
  const path of [
    "/v1.41/containers/%63reate",
    "/containers//create",
    "/containers/./create",
    "/containers/../containers/create",
    "/containers/create?x=1",
    "/containers/create\n",
    "/containers/a\u0000/exec",
  ]
) {
  test(`a request with the path ${path} is refused`, async () => {
    assert.match(
      await failure(() => readOne("a.json", { method: "POST", path })),
      /^document\.malformed 1:\d+$/,
    );
  });
}

test("a request whose body names a field twice is refused", async () => {
  const call = { method: "POST", path: "/containers/create", body: { Image: "a", image: "b" } };
  assert.match(await failure(() => readOne("a.json", call)), /^document\.duplicate-key 1:\d+$/);
});

for (
  const [name, value] of [
    ["another API's path", { method: "GET", path: "/users/1" }],
    ["no path", { method: "GET" }],
    ["a method in lower case", { method: "get", path: "/containers/json" }],
    ["a status that is text", { method: "GET", path: "/containers/json", status: "200" }],
  ] as const
) {
  test(`an object with ${name} is plain JSON`, async () => {
    assert.is((await readOne("a.json", value)).kind, "json");
  });
}

test.run();
