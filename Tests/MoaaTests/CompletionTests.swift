// What the shells complete, asked of the shells themselves.

import Glibc
import Testing

@Suite struct CompletionTests {
  let folder = TemporaryFolder()

  /// Has a real bash complete the last word.
  /// - Parameter words: as bash cuts them: `--name=value` is three.
  /// - Returns: what it offers; `compopt …` where readline is to complete files.
  private func bash(_ words: String...) throws -> [String] { try bash(words) }

  private func bash(_ words: [String]) throws -> [String] {
    try folder.write(try moaa("completions", "bash").output, to: "moaa.bash")
    // `compopt` works only while readline completes; here it tells what it is asked for.
    let script = """
      source "$0" || exit
      compopt() { echo "compopt $*"; }
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _moaa
      ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
      """
    let outcome = try MoaaProcess(
      ["--norc", "-c", script, folder / "moaa.bash"] + ["moaa"] + words, program: "/bin/bash"
    ).finish()
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    return outcome.lines.map(String.init)
  }

  @Test func bashKnowsTheProgramOnceTheScriptIsLoaded() throws {
    let outcome = try MoaaProcess(
      ["--norc", "-c", "set -eu; eval \"$(\"$0\" completions bash)\"; complete -p moaa", moaaPath],
      program: "/bin/bash"
    ).finish()
    #expect(outcome.output == "complete -F _moaa moaa\n")
    #expect(outcome.errors == "")
  }

  @Test func bashCompletesTheWordsOfCommands() throws {
    #expect(try bash("agg") == ["aggregate"])
    #expect(try bash("sync", "") == ["mysql", "kafka"] || bash("sync", "") == ["kafka", "mysql"])
    #expect(try bash("sync", "kafka", "pul") == ["pull"])
    #expect(try bash("help", "log", "dum") == ["dump"])
    #expect(try bash("hel") == ["help"])
    #expect(try bash("help", "hel") == [])
    #expect(try bash("--") == ["--help", "--version"])
    // A command that others begin with.
    #expect(try bash("doctor", "k") == ["kafka"])
    #expect(try bash("doctor", "--sto") == ["--store"])
    #expect(try bash("nothing", "") == [])
  }

  @Test(arguments: optionsOfCommands)
  func bashCompletesEveryOptionAndNoOther(_ command: String, _ options: [String]) throws {
    let words = command.split(separator: " ").map(String.init)
    #expect(try Set(bash(words + ["--"])) == Set(options.map { "--\($0)" } + ["--help"]))
  }

  @Test func bashCompletesValues() throws {
    #expect(try bash("hours", "--format", "") == ["table", "csv", "json"])
    #expect(try bash("hours", "--by-station", "--format", "=", "j") == ["json"])
    #expect(try bash("hours", "--format", "=") == ["table", "csv", "json"])
    #expect(try bash("hours", "--format=c") == ["--format=csv"])
    #expect(try bash("completions", "") == ["bash", "zsh"])
    #expect(try bash("run", "--store", "we") == ["compopt -o default"])
    #expect(try bash("run", "--store", "x", "noa") == ["compopt -o default"])
    #expect(try bash("sample", "--out", "") == ["compopt -o dirnames"])
    // What no shell can know.
    #expect(try bash("hours", "--from", "") == [])
    #expect(try bash("explain", "--", "") == [])
  }

  @Test func bashOffersAnOptionOnceAndNoneAfterTwoDashes() throws {
    #expect(try !bash("hours", "--format", "csv", "--").contains("--format"))
    #expect(try !bash("hours", "--format", "=", "csv", "--").contains("--format"))
    #expect(try bash("run", "--", "--f") == ["compopt -o default"])
    // A command without operands takes nothing but options.
    #expect(try bash("status", "") == ["--format", "--json", "--store", "--help"])
  }

  // MARK: zsh

  private static let zsh = ["/bin/zsh", "/usr/bin/zsh"].first { (path: String) in
    access(path, X_OK) == 0
  }

  @Test(.enabled(if: zsh != nil, "zsh is not installed: tools/package --check runs its completion"))
  func zshCompletesCommandsOptionsChoicesAndFiles() throws {
    try folder.write(try moaa("completions", "zsh").output, to: "functions/_moaa")
    try folder.write("", to: "weather.store")
    let zsh = try #require(Self.zsh)
    for (typed, completed) in [
      ("moaa agg", "moaa aggregate "), ("moaa sync kafka pul", "moaa sync kafka pull "),
      ("moaa help log dum", "moaa help log dump "), ("moaa hours --form", "moaa hours --format="),
      ("moaa hours --format j", "moaa hours --format json "),
      ("moaa hours --format=c", "moaa hours --format=csv "),
      ("moaa completions b", "moaa completions bash "),
      ("moaa log dump --store wea", "moaa log dump --store weather.store "),
      ("moaa run --from 2022 wea", "moaa run --from 2022 weather.store "),
      ("moaa doctor kaf", "moaa doctor kafka "), ("moaa doctor --sto", "moaa doctor --store="),
      ("moaa --vers", "moaa --version "),
    ] {
      let outcome = try MoaaProcess(
        ["-f", ZshTerminal.script, folder.path, zsh, typed], in: folder.path, program: zsh
      ).finish()
      #expect(outcome.output == completed + "\n", "\(typed): \(outcome.errors)")
    }
  }
}

/// A zsh in a terminal of its own, in which a line is typed and completed.
private enum ZshTerminal {
  static let script: String = {
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
      + "/tools/lib/check-package/complete.zsh"
  }()
}
