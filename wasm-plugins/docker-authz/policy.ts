import { admission } from "cofferdam/guest";
import { judge } from "./judge.ts";

export default admission(judge);
