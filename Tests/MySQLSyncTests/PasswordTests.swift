// Where passwords come from, and that they are not shown.

import Foundation
import Glibc
import Testing

@testable import MySQLSync

@Suite struct PasswordTests {
  private let folder = Folder()

  /// A folder that goes with the test.
  final class Folder: Sendable {
    let path = NSTemporaryDirectory() + "moaa-password-" + UUID().uuidString

    init() {
      try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, mode: mode_t = 0o600) throws -> String {
      let file = path + "/" + UUID().uuidString
      try Data(text.utf8).write(to: URL(fileURLWithPath: file))
      chmod(file, mode)
      return file
    }
  }

  private func refusal(_ body: () throws -> MySQLPassword?) -> String {
    do {
      _ = try body()
      return "(nothing was refused)"
    } catch {
      #expect((error as? MySQLFailure)?.kind == .setup)
      return String(describing: error)
    }
  }

  @Test(arguments: [
    ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), ("two\n\n", "two\n"),
    (" with blanks \n", " with blanks "), ("pässwörd 🔑\n", "pässwörd 🔑"),
  ])
  func aFileIsThePassword(_ text: String, password: String) throws {
    let found = try MySQLPassword.find(file: folder.write(text), environment: { _ in "another" })
    #expect(found?.text == password)
  }

  @Test(arguments: [0o640, 0o604, 0o644, 0o666, 0o444] as [mode_t])
  func aFileThatOthersCanReadIsRefused(_ mode: mode_t) throws {
    let file = try folder.write("hunter2\n", mode: mode)
    let words = refusal { try MySQLPassword.find(file: file) }
    #expect(words.contains("others can read \(file)"))
    #expect(words.contains("chmod 600"))
    #expect(!words.contains("hunter2"))
  }

  @Test(arguments: [0o600, 0o400, 0o620, 0o611, 0o700] as [mode_t])
  func aFileThatNobodyElseCanReadIsTaken(_ mode: mode_t) throws {
    #expect(try MySQLPassword.find(file: folder.write("secret", mode: mode))?.text == "secret")
  }

  @Test func filesThatHoldNoPasswordAreRefused() throws {
    #expect(refusal { try MySQLPassword.find(file: "/nowhere/at/all") }.contains("there is no"))
    #expect(refusal { try MySQLPassword.find(file: folder.write("\n")) }.contains("is empty"))
    #expect(
      refusal { try MySQLPassword.find(file: folder.write("a\0b")) }.contains("zero byte"))
    let large = String(repeating: "x", count: 70_000)
    #expect(refusal { try MySQLPassword.find(file: folder.write(large)) }.contains("64 KiB"))
    #expect(refusal { try MySQLPassword.find(file: folder.path) }.contains("cannot read"))
  }

  @Test func theEnvironmentComesBeforeTheOptionFile() throws {
    let options = try folder.write("[moaa]\npassword=fromfile\n")
    func find(_ value: String?) throws -> String? {
      try MySQLPassword.find(
        file: nil, environment: { $0 == "MOAA_MYSQL_PASSWORD" ? value : nil }, optionFile: options)?
        .text
    }
    #expect(try find("frometc") == "frometc")
    #expect(try find("") == nil)
    #expect(try find(nil) == "fromfile")
  }

  @Test(arguments: [
    ("[moaa]\npassword=simple", "simple"), ("[moaa]\n  password =  spaced out \t\n", "spaced out"),
    ("[client]\npassword=theirs\n[moaa]\npassword=ours\n[mysqldump]\npassword=x", "ours"),
    ("[moaa]\npassword=first\npassword=last", "last"),
    ("[moaa]\n# password=no\n;password=no\npassword=yes", "yes"),
    ("[moaa]\npassword=yes # said", "yes"), ("[moaa]\npassword=\"a # b\" # said", "a # b"),
    ("[moaa]\npassword='a\\sb\\\\c\\td'", "a b\\c\td"), ("[moaa]\npassword=\\q\\", "\\q\\"),
    ("[moaa]\npassword=a=b", "a=b"), ("[moaa]\r\npassword=dos\r\n", "dos"),
    ("[moaa]\npassword=\"", "\""),
  ])
  func optionFilesAreReadAsMySQLReadsThem(_ text: String, password: String) throws {
    #expect(try MySQLPassword.fromOptionFile(folder.write(text))?.text == password)
  }

  @Test(arguments: [
    "", "[moaa]", "[moaa]\npassword", "[moaa]\npassword=", "[moaa]\npasswordx=1", "password=none",
    "[client]\npassword=theirs", "[moaa\npassword=x", "[moaa2]\npassword=x",
  ])
  func optionFilesWithoutThePasswordGiveNone(_ text: String) throws {
    // Others may read what is no secret of ours.
    #expect(try MySQLPassword.fromOptionFile(folder.write(text, mode: 0o600)) == nil)
  }

  @Test func anOptionFileThatOthersCanReadIsRefusedWhenItHasThePassword() throws {
    let ours = try folder.write("[moaa]\npassword=hunter2", mode: 0o644)
    let words = refusal { try MySQLPassword.fromOptionFile(ours) }
    #expect(words.contains("others can read") && !words.contains("hunter2"))
    let theirs = try folder.write("[client]\npassword=hunter2", mode: 0o644)
    #expect(try MySQLPassword.fromOptionFile(theirs) == nil)
    #expect(try MySQLPassword.fromOptionFile("/nowhere/.my.cnf") == nil)
  }

  @Test func noTextOfItShowsThePassword() throws {
    let password = try MySQLPassword("hunter2")
    let settings = MySQLSettings(address: try MySQLAddress("mysql://a@h/w"), password: password)
    var dumped = ""
    dump(settings, to: &dumped)
    for text in ["\(password)", String(reflecting: password), "\(settings)", dumped] {
      #expect(!text.contains("hunter2"))
    }
  }
}
