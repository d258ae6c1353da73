import { isAbsolute, resolve } from "node:path";
import { AppUpdate } from "./app-update.mjs";
import { chooseFailure } from "./choose-failure.mjs";
import { misbehave } from "./misbehave.mjs";
import { print, write, writeError } from "./output.mjs";

/** One run: executes commands in order, and knows what the earlier ones have set. */
export class Session {
  exitCode = 0;
  #behaviour;
  #memory;
  #shutdownOnFailure = false;
  #platform = "linux";
  #directory = "";
  #account = "";
  #updated = false;
  #run;

  /** @param run which run this is, known from its commands: `prime`, `windows` or `linux` */
  constructor(behaviour, memory, run) {
    this.#behaviour = behaviour;
    this.#memory = memory;
    this.#run = run;
  }

  execute([name, ...words]) {
    switch (name) {
      case "@ShutdownOnFailedCommand":
        this.#shutdownOnFailure = words[0] === "1";
        return print(`"@ShutdownOnFailedCommand" = "${words[0]}"`);
      case "@NoPromptForPassword":
        return print(`"@NoPromptForPassword" = "${words[0]}"`);
      case "@sSteamCmdForcePlatformType":
        this.#platform = words[0];
        return print(`"@sSteamCmdForcePlatformType" = "${words[0]}"`);
      case "force_install_dir":
        if (this.#account !== "") print("Please use force_install_dir before logon!");
        this.#directory = isAbsolute(words[0] ?? "") ? words[0] : resolve(words[0] ?? "");
        return;
      case "login":
        return this.#login(words[0] ?? "", words[1]);
      case "app_update":
        return this.#update(words);
      case "quit":
        return this.#quit();
      default:
        print(`Command not found: ${name}`);
    }
  }

  #login(user, password) {
    const isAnonymous = user === "anonymous";
    write(Buffer.from(isAnonymous ? "\nConnecting anonymously to Steam Public..." : `\nLogging in user '${user}' to Steam Public...`));
    const failure = chooseFailure(this.#behaviour, this.#memory, "login", this.#run);
    if (failure !== undefined) return this.#refuseLogin(failure);
    if (!isAnonymous && (password === undefined || this.#behaviour.accounts[user] !== password))
      return this.#fail("FAILED (Invalid Password)", 5);
    print("OK\nWaiting for client config...OK\nWaiting for user info...OK");
    if (this.#behaviour.echo_password && password !== undefined) {
      print(`debug: login ${user} ${password}, twice: ${password}${password}`);
      write(Buffer.from(`${"x".repeat(3995)}${password}${"y".repeat(6000)}\n`));
      writeError(Buffer.from(`cannot keep ${password}\n`));
    }
    this.#account = user;
  }

  #refuseLogin(failure) {
    switch (failure.failure) {
      case "rate_limit":
        return this.#fail("FAILED (Rate Limit Exceeded)", failure.exit_code ?? 5);
      case "steam_guard":
        return this.#fail(
          "\nThis computer has not been authenticated for your account using Steam Guard.\nFAILED (Account Logon Denied)",
          5,
        );
      case "no_connection":
        return this.#fail("FAILED (No Connection)", failure.exit_code ?? 5);
      case "mobile_confirmation":
        print("\nPlease confirm the login in the Steam Mobile app on your phone.\n\nWaiting for confirmation...");
        return misbehave({ ...failure, failure: "hang" });
      case "hang_at_login":
        return misbehave({ ...failure, failure: "hang" });
      case "crash_at_login":
        return process.kill(process.pid, "SIGSEGV");
      case "silent_exit":
        print("");
        return process.exit(failure.exit_code ?? 3);
      default:
        return this.#fail("FAILED (Invalid Password)", failure.exit_code ?? 5);
    }
  }

  #update(words) {
    this.#updated = true;
    if (this.#account === "") return this.#fail("ERROR! Failed to request AppInfo update, not online or not logged in to Steam.", 6);
    if (this.#memory.get("unprimed") === true && this.#behaviour.missing_configuration_after_update) {
      this.#memory.set("unprimed", false);
      return this.#fail("ERROR! Failed to install app '222860' (Missing configuration)", 8);
    }
    const update = new AppUpdate(this.#behaviour, this.#memory, {
      directory: this.#directory,
      platform: this.#platform,
      isAnonymous: this.#account === "anonymous",
      validate: words.includes("validate"),
    });
    const refused = update.run();
    if (refused !== undefined) this.#fail(refused.text, refused.exitCode);
  }

  #quit() {
    if (!this.#updated && this.#account !== "") this.#memory.set("unprimed", false);
    process.exit(this.exitCode);
  }

  #fail(text, exitCode) {
    print(text);
    this.exitCode = exitCode;
    if (this.#shutdownOnFailure) process.exit(exitCode);
  }
}
