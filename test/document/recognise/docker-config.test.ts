import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { failure, place, read, readOne } from "../read.ts";

const test = suite("document/recognise/docker-config");

const OCI = "application/vnd.oci.image.manifest.v1+json";

for (
  const [name, value] of [
    ["a container to create", { Image: "a", HostConfig: { Privileged: true } }],
    ["a container without a host configuration", { Image: "a", Cmd: ["b"] }],
    ["a container in another spelling", { image: "a", hostconfig: {} }],
    ["a container with labels", { Image: "a", Labels: {} }],
    ["a container in lower case", { image: "a", cmd: ["sh"] }],
    ["a container with its environment", { image: "a", env: ["A=b"] }],
    ["a container whose first host configuration is null", { hostconfig: null, image: "a" }],
    ["a container as older daemons take it", { image: "a", privileged: true, binds: ["/:/x"] }],
    ["a service in lower case", { name: "s", tasktemplate: { containerspec: {} } }],
    ["a command in lower case", { privileged: true, cmd: ["sh"] }],
    ["a volume in lower case", { name: "v", driveropts: { type: "none", o: "bind" } }],
    ["a volume with another key", { Name: "v", DriverOpts: { o: "bind" }, x: 1 }],
    ["a network in lower case", { name: "n", driver: "macvlan" }],
    ["a manifest in another spelling", { SchemaVersion: 2, Config: {}, Layers: [] }],
    ["an update with another key", { memory: 1, cpushares: 2, x: 3 }],
    ["an update", { Memory: 1, CpuShares: 2, RestartPolicy: { Name: "no" } }],
    ["a command to execute", { AttachStdin: false, Cmd: ["date"] }],
    ["a network", { Name: "n", Driver: "bridge", IPAM: { Driver: "default" } }],
    ["a volume", { Name: "v", Driver: "local", DriverOpts: { o: "bind" } }],
    ["a service", { Name: "s", TaskTemplate: { ContainerSpec: { Image: "a" } } }],
    ["a plugin's privileges", [{ Name: "network", Description: "", Value: ["host"] }]],
    ["an image", { Id: "sha256:a", RepoTags: ["a:1"], Config: {} }],
    ["a running container", { Id: "a", State: {}, HostConfig: {} }],
    ["an OCI manifest", { schemaVersion: 2, mediaType: OCI, config: {}, layers: [] }],
    ["a manifest without a media type", { schemaVersion: 2, config: {}, layers: [] }],
    ["an index", { schemaVersion: 2, manifests: [{ digest: "sha256:a" }] }],
    ["an image's configuration", {
      architecture: "a",
      os: "b",
      rootfs: { type: "layers", diff_ids: [] },
    }],
  ] as const
) {
  test(`${name} is a Docker body`, async () => {
    assert.is((await readOne("a.json", value as never)).kind, "docker.config");
  });
}

for (
  const [name, value] of [
    ["an image alone", { Image: "a" }],
    ["words that any configuration has", { image: "a", labels: {}, user: "b", memory: 1 }],
    ["an environment that is no list", { image: "a", env: { A: "b" } }],
    ["a name and an image", { name: "a", image: "b", volumes: {} }],
    ["a driver and something else", { name: "a", driver: "b", host: "c" }],
    ["a name and labels", { Name: "a", Labels: {} }],
    ["a command and something else", { Cmd: ["a"], Foo: 1 }],
    ["an Id", { Id: "a", Config: {} }],
    ["a schema version alone", { schemaVersion: 2 }],
    ["an older manifest", { schemaVersion: 1, config: {}, layers: [] }],
    ["an operating system", { architecture: "a", os: "b" }],
    ["an empty list", []],
    ["a list of pairs", [{ Name: "a", Value: "b" }]],
  ] as const
) {
  test(`an object with ${name} is plain JSON`, async () => {
    assert.is((await readOne("a.json", value as never)).kind, "json");
  });
}

test("docker inspect's list is unpacked", async () => {
  const documents = await read(
    "a.json",
    '[{"Id":"a","RepoTags":[],"config":{"user":"root"},"RootFS":{}},\n {"Id":"b","RepoTags":[],"RootFS":{}}]',
  );
  assert.equal(documents.map((d) => (d.object as { Id: string }).Id), ["a", "b"]);
  assert.equal(documents[0]!.object, {
    Id: "a",
    RepoTags: [],
    Config: { User: "root" },
    RootFS: {},
  });
  assert.is(place(documents[0]!, "/Config/User"), "1:36");
  assert.is(place(documents[1]!), "2:2");
});

test("a body is folded, and located where the input has it", async () => {
  const document = await readOne(
    "a.json",
    '{\n "image": "a",\n "HOSTCONFIG": {\n  "privileged": true }}',
  );
  assert.equal(document.object, { Image: "a", HostConfig: { Privileged: true } });
  assert.is(place(document, "/Image"), "2:2");
  assert.is(place(document, "/HostConfig/Privileged"), "4:3");
  assert.is(place(document, "/HostConfig/CapAdd"), "3:2");
});

test("two keys for one field are refused", async () => {
  assert.is(
    await failure(
      () => read("a.json", '{"Image":"a","Cmd":[],\n"image":"b"}'),
      /"image" for "Image"/,
    ),
    "document.duplicate-key 2:1",
  );
  assert.is(
    await failure(() =>
      read("a.json", '[{"Id":"a","State":{},"HostConfig":{"Binds":[],\n"binds":[]}}]')
    ),
    "document.duplicate-key 2:1",
  );
});

for (
  const [name, text, place] of [
    [
      "a manifest",
      '{"schemaVersion":2,"mediaType":"' + OCI + '",\n"image":"a","hostconfig":{}}',
      "2:1",
    ],
    [
      "an image's configuration",
      '{"architecture":"a","os":"b","rootfs":{"diff_ids":[]},\n"Cmd":["sh"]}',
      "2:1",
    ],
  ] as const
) {
  test(`${name} that is a request as well is refused`, async () => {
    assert.is(
      await failure(() => read("a.json", text), /belongs to a request/),
      `document.malformed ${place}`,
    );
  });
}

test("a body is folded for every door that may take it", async () => {
  const inspected = {
    Id: "x",
    Config: {},
    Image: "a",
    HostConfig: {},
    networkingconfig: { endpointsconfig: { host: {} } },
  };
  const { networkingconfig: _, ...rest } = inspected;
  assert.equal((await readOne("a.json", inspected)).object, {
    ...rest,
    NetworkingConfig: { EndpointsConfig: { host: {} } },
  });
  const volume = { driveropts: {}, ipam: { config: [{ subnet: "a" }] }, memory: 1 };
  assert.equal((await readOne("a.json", volume)).object, {
    DriverOpts: {},
    IPAM: { Config: [{ Subnet: "a" }] },
    Memory: 1,
  });
});

test("a null does not hide the other key for a field", async () => {
  assert.is(
    await failure(() =>
      read("a.json", '{"hostconfig":null,"HostConfig":{"Privileged":true},"image":"a"}')
    ),
    "document.duplicate-key 1:20",
  );
});

test("a body that the caller calls one is folded as a container's", async () => {
  const document = await readOne("a.json", { hostConfig: { privileged: true } }, {
    kind: "docker.config",
  });
  assert.equal(document.object, { HostConfig: { Privileged: true } });
  assert.is(
    await failure(() => readOne("a.json", "1", { kind: "docker.config" })),
    "document.kind-mismatch 1:1",
  );
});

test.run();
