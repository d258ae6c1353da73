/**
 * The failure that is due at this place, or undefined.
 *
 * `on` of a failure says in which runs it happens: `prime` (no app_update), `windows`, `linux`, `app` (both), `any`; `times` how often
 * before it goes away.
 */
export function chooseFailure(behaviour, memory, place, run) {
  for (const failure of behaviour.failures) {
    if (placeOf(failure.failure) !== place || !matches(failure.on ?? defaultRun(place), run)) continue;
    const key = `failed ${failure.failure} ${failure.state ?? ""} ${failure.on ?? ""}`;
    const count = memory.get(key) ?? 0;
    if (failure.times !== undefined && count >= failure.times) continue;
    memory.set(key, count + 1);
    return failure;
  }
  return undefined;
}

const places = {
  login: [
    "invalid_password",
    "rate_limit",
    "steam_guard",
    "mobile_confirmation",
    "no_connection",
    "hang_at_login",
    "crash_at_login",
    "silent_exit",
  ],
  beginning: ["invalid_platform", "missing_configuration", "no_subscription", "appinfo_timeout", "reason"],
  end: ["no_success_line", "success_without_manifest", "success_without_executable", "success_with_bad_manifest", "crash_behind_success"],
};

/** Everything else happens during the download. */
function placeOf(kind) {
  return Object.keys(places).find((place) => places[place].includes(kind)) ?? "download";
}

function defaultRun(place) {
  return place === "login" ? "any" : place === "end" ? "linux" : "app";
}

function matches(on, run) {
  return on === "any" || on === run || (on === "app" && run !== "prime");
}
