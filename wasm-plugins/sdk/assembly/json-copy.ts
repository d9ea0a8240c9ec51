import { Json } from "./json";
import { JsonWriter } from "./json-writer";

/** Writes a value anew; numbers stay as they are written. */
export function copyJson(value: Json, out: JsonWriter): void {
  if (value.isObject || value.isArray) {
    out.raw(value.isObject ? "{" : "[");
    let isFirst = true;
    for (let item = value.first(); item.exists; item = item.next()) {
      if (!isFirst) out.raw(",");
      isFirst = false;
      if (value.isObject) out.string(item.name()).raw(":");
      copyJson(item, out);
    }
    out.raw(value.isObject ? "}" : "]");
  } else if (value.isString) out.string(value.str());
  else if (value.isNumber) out.raw(value.digits());
  else out.raw(value.isNull ? "null" : value.bool() ? "true" : "false");
}
