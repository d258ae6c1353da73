import { type Finding, fine, gravestFirst } from "../domain/finding.ts";
import type { HostApi } from "../host/api.ts";

/** A diagnosis that finds what a script says. */
export class FakeDiagnosis {
  /** What is found from now on. */
  findings: readonly Finding[] = [fine("fake", "this is a fake host; nothing was examined")];

  /** The host, which finds nothing else: its own checks would examine the machine of the test. */
  of(host: HostApi): HostApi {
    const diagnose: HostApi["diagnose"] = async () => gravestFirst(this.findings);
    return new Proxy(host, {
      get(target, name) {
        if (name === "diagnose") return diagnose;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }
}
