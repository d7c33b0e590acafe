// Which files a path names.

import Foundation
import Testing

@testable import Pipeline

@Suite struct InputFilesTests {
  @Test func aFolderGivesTheFilesWithNCEIsNames() throws {
    let folder = try TemporaryFolder()
    let wanted = [
      "1901.gz", "2014/725300-94846-2014.gz", "2014/A07355-00241-2014", "a.csv", "b.csv.gz",
    ]
    let others = [
      "README.md", "1901", "a.csv.zip", "isd-history.txt", "725300-94846.gz", ".hidden.csv",
      "725300-94846-2014.tar.gz", "2014/725300-94846-2014.op.gz",
    ]
    for name in wanted + others { try folder.write(name) }
    let found = InputFiles.find([folder.path])
    #expect(found.failures.isEmpty)
    #expect(found.files == wanted.map { "\(folder.path)/\($0)" })
  }

  @Test func aFileThatIsNamedIsTakenWhateverItsName() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("notes.txt")
    #expect(InputFiles.find([path]).files == [path])
  }

  @Test func aFolderWithoutSuchFilesIsAFailureThatNamesThem() throws {
    let folder = try TemporaryFolder()
    try folder.write("notes.txt")
    let message = InputFiles.find([folder.path]).failures.first?.message ?? ""
    for name in [".csv", ".csv.gz", "725300-94846-2014", "725300-94846-2014.gz", "1901.gz"] {
      #expect(message.contains(name))
    }
  }
}
