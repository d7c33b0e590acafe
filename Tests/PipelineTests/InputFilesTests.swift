// Which files a path names.

import Foundation
import Testing

@testable import Pipeline

@Suite struct InputFilesTests {
  @Test func aFolderGivesTheFilesWithNCEIsNames() throws {
    let work = try Workspace()
    let wanted = [
      "1901.gz", "2014/725300-94846-2014.gz", "2014/A07355-00241-2014", "a.csv", "b.csv.gz",
      "c.psv", "d.psv.gz",
    ]
    let others = [
      "README.md", "1901", "a.csv.zip", "isd-history.txt", "725300-94846.gz", ".hidden.csv",
      "725300-94846-2014.tar.gz", "2014/725300-94846-2014.op.gz",
    ]
    for name in wanted + others { try work.write(name, "") }
    let found = InputFiles.find([work.input])
    #expect(found.failures.isEmpty)
    #expect(found.files == wanted.map { "\(work.input)/\($0)" })
  }

  @Test func aFileThatIsNamedIsTakenWhateverItsName() throws {
    let work = try Workspace()
    let path = try work.write("notes.txt", "")
    #expect(InputFiles.find([path]).files == [path])
  }

  @Test func standardInputNamedTwiceIsReadOnce() {
    #expect(InputFiles.find(["-", "-"]).files == ["-"])
  }

  @Test func aLinkThatLeadsNowhereIsAFailureIfItsNameIsWanted() throws {
    let work = try Workspace()
    try work.write("good.csv", "")
    for name in ["a.csv", "README"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(work.input)/\(name)", withDestinationPath: "/nowhere")
    }
    let found = InputFiles.find([work.input])
    #expect(found.files == ["\(work.input)/good.csv"])
    #expect(found.failures.map(\.path) == ["\(work.input)/a.csv"])
  }

  @Test func aFolderWithoutSuchFilesIsAFailureThatNamesThem() throws {
    let work = try Workspace()
    try work.write("notes.txt", "")
    let message = InputFiles.find([work.input]).failures.first?.message ?? ""
    for name in [".csv", ".csv.gz", "725300-94846-2014", "725300-94846-2014.gz", "1901.gz", ".psv"]
    {
      #expect(message.contains(name))
    }
  }
}
