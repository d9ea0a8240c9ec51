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
    ["lower-case keys", { image: "a", cmd: ["b"], env: [] }],
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
