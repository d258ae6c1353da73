import { describeConformance } from "./conformance-of.ts";

describeConformance("sudo");
