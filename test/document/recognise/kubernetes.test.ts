import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { failure, place, read, readOne } from "../read.ts";

const test = suite("document/recognise/kubernetes");

const pod = (name: string) => ({ apiVersion: "v1", kind: "Pod", metadata: { name } });

test("an object is named by kind, namespace and name", async () => {
  for (
    const [metadata, name] of [
      [{ namespace: "shop", name: "web" }, "Pod/shop/web"],
      [{ name: "web" }, "Pod/web"],
      [{ namespace: "shop", generateName: "web-" }, "Pod/shop/web-"],
      [{}, "Pod"],
      ["text", "Pod"],
      [{ name: 1 }, "Pod"],
    ] as const
  ) {
    const document = await readOne("a.json", { apiVersion: "v1", kind: "Pod", metadata });
    assert.is(document.subject.name, name);
  }
});

test("each document of a stream is an object by itself", async () => {
  const documents = await read(
    "a.yaml",
    "---\n# first\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n---\n" +
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: b\n",
  );
  assert.equal(documents.map((d) => [d.kind, d.subject.name, d.index, place(d)]), [
    ["kubernetes", "Namespace/a", 0, "3:1"],
    ["kubernetes", "Pod/b", 1, "8:1"],
  ]);
  assert.is(place(documents[1]!, "/metadata/name"), "11:3");
  assert.is(documents[0]!.subject.digest, undefined);
  assert.is(documents[0]!.mediaType, "application/yaml");
});

test("a List is unpacked, lists within it as well", async () => {
  const list = { apiVersion: "v1", kind: "List", items: [pod("b"), pod("c")] };
  const documents = await read("a.json", {
    apiVersion: "v1",
    kind: "List",
    items: [pod("a"), list],
  });
  assert.equal(documents.map((d) => d.subject.name), ["Pod/a", "Pod/b", "Pod/c"]);
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items: [pod("a"), list] });
  assert.is(place(documents[2]!), `1:${text.indexOf(JSON.stringify(pod("c"))) + 1}`);
  assert.is(place(documents[2]!, "/metadata/name"), `1:${text.indexOf('"name":"c"') + 1}`);
});

test("items of a typed list get what the list says for them", async () => {
  const documents = await read(
    "a.yaml",
    "apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- spec: {}\n",
  );
  assert.equal(documents.map((d) => d.object), [
    { apiVersion: "apps/v1", kind: "Deployment", spec: {} },
  ]);
});

test("a list without items holds no document", async () => {
  assert.equal(await read("a.json", { apiVersion: "v1", kind: "List", items: [] }), []);
});

for (
  const [name, text, wanted] of [
    [
      "an item of a List without a kind",
      "apiVersion: v1\nkind: List\nitems:\n- spec: {}\n",
      "document.malformed 4:3",
    ],
    [
      "an item with a kind alone",
      "apiVersion: v1\nkind: PodList\nitems:\n- kind: Pod\n",
      "document.malformed 4:3",
    ],
    [
      "an item that is no object",
      "apiVersion: v1\nkind: PodList\nitems: [x]\n",
      "document.malformed 3:9",
    ],
    [
      "items that kubectl would apply instead",
      "apiVersion: v1\nkind: ConfigMap\nitems: []\n",
      "document.malformed 3:1",
    ],
    [
      "a number that Go's readers disagree about",
      "apiVersion: v1\nkind: Pod\nmode: .5_0\n",
      "document.malformed 3:7",
    ],
    [
      "a key that Go spells its own way",
      "apiVersion: v1\nkind: Pod\n1e6: x\n",
      "document.malformed 3:1",
    ],
    [
      "items in what says to be a review",
      "apiVersion: admission.k8s.io/v1\nkind: AdmissionReview\nrequest: {}\nitems: []\n",
      "document.malformed 4:1",
    ],
    [
      "items in what says to be an OCM descriptor",
      "apiVersion: ocm.software/v3alpha1\nkind: ComponentVersion\nmetadata: {name: a}\nitems: []\n",
      "document.malformed 4:1",
    ],
    [
      "a comment that ends early for kubectl",
      "apiVersion: v1\nkind: Pod\n# x\u2028hostNetwork: true\n",
      "document.malformed 3:4",
    ],
    [
      "a merge that readers order differently",
      "apiVersion: v1\nkind: X\nspec: {a: 1, <<: {a: 2}}\n",
      "document.malformed 3:14",
    ],
    [
      "a kind that is a boolean to YAML 1.1",
      "apiVersion: v1\nkind: Yes\n",
      "document.malformed 2:7",
    ],
  ] as const
) {
  test(`an object with ${name} is refused`, async () => {
    assert.is(await failure(() => read("a.yaml", text), /^(?:Reading the|Parsing YAML) /), wanted);
  });
}

test("an object has the values that kubectl sees in it", async () => {
  const document = await readOne(
    "a.yaml",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: yes}\n" +
      "spec:\n  hostNetwork: on\n  defaultMode: 0400\n  text: 'no'\non: -_1\n",
  );
  assert.equal(document.object, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: true },
    spec: { hostNetwork: true, defaultMode: 256, text: "no" },
    true: -1,
  });
  assert.is(place(document, "/true"), "8:1");
  assert.is(place(document, "/spec/hostNetwork"), "5:3");
});

test("the same words are text elsewhere", async () => {
  const document = await readOne("ci.yaml", "on: [push]\nmode: 0644\n");
  assert.is(document.kind, "yaml");
  assert.equal(document.object, { on: ["push"], mode: 644 });
});

for (
  const [name, object] of [
    ["a kind that is a number", { apiVersion: "v1", kind: 1 }],
    ["an empty kind", { apiVersion: "v1", kind: "" }],
    ["an apiVersion alone", { apiVersion: "v2", name: "chart" }],
    ["a kind alone", { kind: "Pod" }],
    ["a kind that is inherited", { apiVersion: "v1" }],
  ] as const
) {
  test(`an object with ${name} is plain JSON`, async () => {
    assert.is((await readOne("a.json", object)).kind, "json");
  });
}

test("a kind that is a boolean to kubectl is refused", async () => {
  assert.is(
    await failure(() => read("a.yaml", "apiVersion: v1\nkind: Yes\n")),
    "document.malformed 2:7",
  );
});

test.run();
