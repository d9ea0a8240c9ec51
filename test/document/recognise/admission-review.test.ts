import * as assert from "uvu/assert";
import type { JsonObject } from "../../../src/json.ts";
import { suite } from "../../support/suite.ts";
import { failure, place, readOne } from "../read.ts";

const test = suite("document/recognise/admission-review");

function request(change: JsonObject = {}): JsonObject {
  return {
    uid: "1",
    kind: { group: "", version: "v1", kind: "Pod" },
    operation: "CREATE",
    namespace: "shop",
    name: "web",
    object: { apiVersion: "v1", kind: "Pod", metadata: { name: "web" } },
    oldObject: null,
    ...change,
  };
}

function review(change: JsonObject = {}): JsonObject {
  return { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: request(change) };
}

test("a review hands over its object, the operation and the rest of the request", async () => {
  const document = await readOne("a.json", review());
  assert.is(document.kind, "kubernetes");
  assert.equal(document.object, request()["object"]);
  assert.is(document.operation, "CREATE");
  assert.is(document.subject.name, "Pod/shop/web");
  const { object: _, ...rest } = request();
  assert.equal(document.annotations, { request: rest });
});

test("a review's object is located within the request", async () => {
  const text = JSON.stringify(review());
  const document = await readOne("a.json", text);
  assert.is(place(document), `1:${text.indexOf('"object"') + 1}`);
  assert.is(place(document, "/metadata"), `1:${text.indexOf('"metadata"') + 1}`);
});

test("a bare request is one too", async () => {
  const text = JSON.stringify(request());
  const document = await readOne("a.json", text);
  assert.is(document.operation, "CREATE");
  assert.is(place(document, "/metadata"), `1:${text.indexOf('"metadata"') + 1}`);
});

test("DELETE asks about no object; the request says which it was", async () => {
  const old = { apiVersion: "v1", kind: "Pod", metadata: { name: "web" } };
  const document = await readOne(
    "a.json",
    review({ operation: "DELETE", object: null, oldObject: old }),
  );
  assert.is(document.object, null);
  assert.is(document.subject.name, "Pod/shop/web");
  assert.equal((document.annotations?.["request"] as JsonObject)["oldObject"], old);
});

test("UPDATE carries both objects", async () => {
  const document = await readOne("a.json", review({ operation: "UPDATE", oldObject: { a: 1 } }));
  assert.is(document.operation, "UPDATE");
  assert.equal((document.annotations?.["request"] as JsonObject)["oldObject"], { a: 1 });
});

test("an object that is still to be named is named by the request", async () => {
  const object = { apiVersion: "v1", kind: "Pod", metadata: {} };
  assert.is((await readOne("a.json", review({ object }))).subject.name, "Pod/shop/web");
});

for (
  const [name, change] of [
    ["CREATE without an object", { object: null }],
    ["UPDATE without an object", { operation: "UPDATE", object: null }],
    ["an object that is none", { object: "text" }],
    ["another operation", { operation: "PATCH" }],
    ["no kind", { kind: null }],
    ["no uid", { uid: null }],
  ] as const
) {
  test(`a review with ${name} is refused`, async () => {
    assert.match(
      await failure(
        () => readOne("a.json", review(change)),
        /^Reading the AdmissionReview failed: /,
      ),
      /^document\.malformed 1:\d+$/,
    );
  });
}

test("a raw review is no Kubernetes object", async () => {
  const document = await readOne("a.json", { request: { user: "tonio", action: "eats" } });
  assert.is(document.kind, "json");
});

test("a review that only answers is an object like others", async () => {
  const answer = {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid: "1" },
  };
  const document = await readOne("a.json", answer);
  assert.is(document.kind, "kubernetes");
  assert.equal(document.object, answer);
  assert.is(document.operation, undefined);
});

test.run();
