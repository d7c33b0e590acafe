// A disk that is really full: a small file system in memory, which only root may mount.

import Glibc
import Testing

@Suite(.enabled(if: geteuid() == 0, "only root may mount a small file system to fill"))
struct FullDiskTests {
  let folder = TemporaryFolder()

  @Test(arguments: ["800k", "1200k", "1600k"])
  func aFullDiskGivesFourAndTheWorkGoesOnOnceThereIsRoom(_ size: String) throws {
    let noaa = try folder.sample(stations: 10, days: 60)
    let alone = folder / "alone.store"
    #expect(try moaa("run", noaa, "--store", alone, "--format", "csv").status == 0)
    do {
      let disk = try SmallDisk(in: folder, size: size)
      let store = disk.path + "/test.store"
      let run = ["run", noaa, "--commit-records", "500", "--format", "csv", "--store", store]
      for _ in 0..<2 {
        let full = try MoaaProcess(run).finish()
        #expect(full.status == 4, "\(full.errors)")
        #expect(full.output == "")
        #expect(full.errors.contains("moaa: the disk or the store's size limit is full: \(store)"))
        #expect(full.errors.contains("Free space"))
      }
      try expectWhole(store, "on the full disk")
      #expect(try moaa("hours", "--store", store).status == 0, "readers need no room")
      try disk.resize("100m")
      try expectWhole(store, "after room was made")
      #expect(try MoaaProcess(run).finish().status == 0)
      expectSame(try StoreContents(store), as: try StoreContents(alone), "after a full disk")
    }
  }

  @Test func aDiskTooSmallForAStoreGivesFour() throws {
    let noaa = try folder.sample(stations: 1, days: 1)
    do {
      let disk = try SmallDisk(in: folder, size: "64k")
      let run = ["run", noaa, "--format", "csv", "--store", disk.path + "/test.store"]
      let full = try MoaaProcess(run).finish()
      #expect(full.status == 4)
      #expect(full.errors.contains("full"), "\(full.errors)")
      try disk.resize("100m")
      #expect(try MoaaProcess(run).finish().status == 0)
    }
  }

  @Test func aFullTemporaryFolderRefusesStandardInputAndIsLeftEmpty() throws {
    let noaa = try folder.sample(stations: 1, days: 30)
    let file = try noaa + "/" + #require(TemporaryFolder.names(in: noaa).first)
    do {
      let disk = try SmallDisk(in: folder, size: "64k")
      let ingest = try moaa(
        "ingest", "-", "--store", folder / "test.store", input: file,
        environment: ["TMPDIR": disk.path])
      #expect(ingest.status == 1)
      #expect(
        ingest.errors.contains("moaa: standard input: cannot be kept in \(disk.path): No space"))
      #expect(TemporaryFolder.names(in: disk.path) == [])
    }
  }

  @Test func aSampleThatFindsNoRoomLeavesNoPartOfAFile() throws {
    do {
      let disk = try SmallDisk(in: folder, size: "64k")
      let sample = try moaa("sample", "--out", disk.path, "--stations", "1", "--days", "60")
      #expect(sample.status == 4)
      #expect(sample.errors.contains("No space left on device"))
      #expect(TemporaryFolder.names(in: disk.path) == [])
    }
  }
}
