import { refuseEntry } from "./archive-refused.ts";

const longestName = 4096;
const longestComponent = 255;
const deepest = 64;

/**
 * The path of an archive's entry below the target: relative, of plain components; "" is the target itself.
 *
 * One leading `./` is taken off (tar adds it for `tar -C dir .`), and the slash behind a directory's name.
 * @throws HostError UPLOAD_REFUSED
 */
export function entryPath(name: string, isDirectory: boolean): string {
  if (isDirectory && (name === "." || name === "./")) return "";
  let path = name.startsWith("./") ? name.slice(2) : name;
  if (isDirectory && path.length > 1 && path.endsWith("/")) path = path.slice(0, -1);
  const problem = pathProblem(path);
  if (problem !== undefined) throw refuseEntry(name, problem);
  return path;
}

/** Why a path cannot be taken, in words that follow the entry's name. */
function pathProblem(path: string): string | undefined {
  if (path === "") return "has no name";
  if (path.startsWith("/")) return "has an absolute name";
  const found = unusable(path);
  if (found !== undefined) return `has ${found} in its name`;
  if (Buffer.byteLength(path) > longestName) return `has a name of more than ${longestName} bytes`;
  const components = path.split("/");
  if (components.length > deepest) return `lies more than ${deepest} directories deep`;
  return components.map(componentProblem).find((problem) => problem !== undefined);
}

function componentProblem(component: string): string | undefined {
  if (component === "") return "has an empty name component";
  if (component === "." || component === "..") return `has the name component "${component}"`;
  if (Buffer.byteLength(component) > longestComponent) return `has a name component of more than ${longestComponent} bytes`;
  return undefined;
}

/**
 * What in a name or link target makes it no usable text. Control characters would forge lines of logs and lists; U+FFFD
 * is what bytes that are not UTF-8 were read as, so that two different names could become one.
 */
function unusable(text: string): string | undefined {
  if (text.includes("\0")) return "a NUL";
  if (/[\u0001-\u001f\u007f]/.test(text)) return "a control character";
  return text.includes("\ufffd") ? "bytes that are not UTF-8" : undefined;
}

/**
 * Checks the target of a symbolic link: it must stay inside the tree, whatever other links it passes.
 *
 * `..` is taken at its beginning only. There it climbs real directories (nothing is written below a link), so counting is
 * exact; behind a name it could climb from wherever another link has led: `x -> a/link/..`.
 * @throws HostError UPLOAD_REFUSED
 */
export function checkLinkTarget(path: string, target: string): void {
  const problem = targetProblem(path, target);
  if (problem !== undefined) throw refuseEntry(path, problem);
}

function targetProblem(path: string, target: string): string | undefined {
  if (target === "") return "is a symbolic link without a target";
  if (target.startsWith("/")) return "is a symbolic link with an absolute target";
  if (Buffer.byteLength(target) >= longestName) return `is a symbolic link with a target of more than ${longestName - 1} bytes`;
  const found = unusable(target);
  if (found !== undefined) return `is a symbolic link with ${found} in its target`;
  let height = path.split("/").length - 1;
  let descended = false;
  for (const component of target.split("/")) {
    if (component === "" || component === ".") continue;
    if (component !== "..") descended = true;
    else if (descended) return 'is a symbolic link whose target has ".." behind a name';
    else if (--height < 0) return "is a symbolic link that leaves the tree";
  }
  return undefined;
}
