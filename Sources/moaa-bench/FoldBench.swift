// Files decoded and folded in memory: what a backfill costs without its store.

import Aggregation
import Dispatch
import Glibc
import Observations
import Synchronization

enum FoldBench {

  /// Folds files on so many threads, and prints rows and seconds.
  /// - Parameter mode: `read`, `decode` or `fold`.
  static func run(_ paths: [String], threads: Int, mode: String, blockByteCount: Int) throws {
    guard ["read", "decode", "fold", "merge"].contains(mode) else {
      throw BenchError(description: "there is no mode \(mode)")
    }
    let files = paths.flatMap(filePaths).sorted()
    let next = Atomic<Int>(0)
    let rowCount = Atomic<Int>(0)
    let partials = Mutex<[[UInt8]]>([])
    let seconds = measure {
      DispatchQueue.concurrentPerform(iterations: threads) { _ in
        var builder = PartialBuilder(rule: BackfillRule(), receivedSeconds: Int64(time(nil)))
        let room = UnsafeMutableRawBufferPointer.allocate(
          byteCount: blockByteCount, alignment: 4096)
        defer { room.deallocate() }
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < files.count else { break }
          var rows = 0
          do {
            var decoder = FileDecoder(fileName: files[index], columns: PartialBuilder.columns)
            try forEachBlock(files[index], room) { block in
              switch mode {
              case "read": break
              case "decode": try decoder.decode(block) { _ in rows &+= 1 }
              default:
                try decoder.decode(block) {
                  rows &+= 1
                  builder.add($0)
                }
              }
            }
            if mode != "read" { try decoder.finish { _ in rows &+= 1 } }
            if mode == "fold" || mode == "merge" {
              let bytes = builder.takeEncoded()
              partials.withLock { $0.append(bytes) }
            }
          } catch {
            print("\(files[index]): \(error)")
          }
          rowCount.add(rows, ordering: .relaxed)
        }
      }
    }
    let rows = rowCount.load(ordering: .relaxed)
    print("\(mode): \(rows) rows in \(seconds) s, \(Int(Double(rows) / seconds)) rows/s")
    if mode == "merge" { try merge(partials.withLock { $0 }) }
  }

  /// Prints what decoding partials and making tables of them costs.
  private static func merge(_ encoded: [[UInt8]]) throws {
    var partials: [Partial] = []
    let decodeSeconds = measure {
      for bytes in encoded {
        if let partial = bytes.withUnsafeBytes({ Partial($0) }) { partials.append(partial) }
      }
    }
    let stations = partials.flatMap(\.stations)
      .sorted { $0.station.lexicographicallyPrecedes($1.station) }
    let hours = stations.reduce(0) { $0 + $1.hourCount }
    print(
      "\(encoded.reduce(0) { $0 + $1.count }) bytes of \(hours) hours decoded in \(decodeSeconds) s"
    )
    for sets in [
      [ResultSet.hour], [.stationHour], ResultSet.allCases.filter { $0 != .stationHour },
    ] {
      var text: [UInt8] = []
      let seconds = measure {
        var rollUps = RollUps(sets: Set(sets), rule: BackfillRule())
        for station in stations {
          rollUps.add(station) { ResultText.appendCSV($0, to: &text) }
        }
        for set in sets where set != .stationHour {
          rollUps.rows(of: set) { ResultText.appendCSV($0, to: &text) }
        }
      }
      print("\(sets.count) tables from \(sets[0].rawValue): \(text.count) bytes in \(seconds) s")
    }
  }

  private static func forEachBlock(
    _ path: String, _ room: UnsafeMutableRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw BenchError.system(path) }
    defer { close(descriptor) }
    while true {
      let count = read(descriptor, room.baseAddress, room.count)
      guard count >= 0 else { throw BenchError.system(path) }
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: room[..<count]))
    }
  }

  /// The file, or the files directly in the folder.
  private static func filePaths(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [path] }
    defer { closedir(folder) }
    var found: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { found += filePaths("\(path)/\(name)") }
    }
    return found
  }
}
