// A partial as bytes: what the store keeps of a content.
//
// What must hold: equal partials have equal bytes; and what is not a partial gives nil, whatever it is, with no
// more memory than in proportion to its length.
//
// Layout, numbers as LEB128 varints, signed ones zigzag:
//   version 1, quality (0 passed, 1 all), reports (0 all, 1 routine): one byte each
//   accepted rows; how many reasons, and for each, ascending by its bytes: text, count
//   how many stations, and for each, ascending: text, how many months, months
//   eight zero bytes, so that a column's last number can be loaded as a word
// A text is its length and its bytes. A month: index less that of the month before; elevation count and sum;
// flags (1 name, 2 coordinates), and of each that is there the second of the month and the value or values;
// a bitmap of its hours, 3 bytes a day; and the columns, a number for each of those hours:
//   reports all: count, min, max - min, sum - count × min, count - dew count, dew sum
//   reports routine: rank × 2 + METAR late in the hour, second, temperature, dew point
// A column is its least number, a width of 0, 1, 2, 4 or 8 bytes, and each number less the least in so many bytes,
// little-endian. Most hours take 7 or 8 bytes.

import Observations

extension Partial {
  static let version: UInt8 = 1
  static let paddingByteCount = 8

  /// The partial as bytes. The same rows have the same bytes, whatever order they came in.
  public func encoded() -> [UInt8] {
    var writer = PartialWriter()
    writer.bytes.reserveCapacity(stations.reduce(256) { $0 + 512 + $1.hourCount * 9 })
    writer.bytes.append(Self.version)
    writer.bytes.append(rule.quality == .passed ? 0 : 1)
    writer.bytes.append(rule.reports == .all ? 0 : 1)
    writer.put(UInt64(counts.accepted))
    let refused = counts.refused.map { (Array($0.key.rawValue.utf8), $0.value) }
      .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    writer.put(UInt64(refused.count))
    for (reason, count) in refused {
      writer.put(text: reason)
      writer.put(UInt64(count))
    }
    writer.put(UInt64(stations.count))
    for station in stations { writer.put(station) }
    writer.bytes += [UInt8](repeating: 0, count: Self.paddingByteCount)
    return writer.bytes
  }

  /// nil when the bytes are not a partial.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 3 + Self.paddingByteCount, bytes[0] == Self.version, bytes[1] <= 1,
      bytes[2] <= 1, bytes.suffix(Self.paddingByteCount).allSatisfy({ $0 == 0 })
    else { return nil }
    self.init(
      rule: BackfillRule(
        quality: bytes[1] == 0 ? .passed : .all, reports: bytes[2] == 0 ? .all : .routine))
    var reader = PartialReader(bytes, from: 3)
    guard let accepted = reader.count(), let reasonCount = reader.count() else { return nil }
    counts.accepted = accepted
    var previous: [UInt8] = []
    for _ in 0..<reasonCount {
      guard let text = reader.text(), let count = reader.count(), count > 0,
        let reason = RejectionReason(rawValue: String(decoding: text, as: UTF8.self)),
        previous.lexicographicallyPrecedes(text)
      else { return nil }
      counts.refused[reason] = count
      previous = Array(text)
    }
    guard let stationCount = reader.count() else { return nil }
    for _ in 0..<stationCount {
      guard let station = reader.station(rule) else { return nil }
      if let last = stations.last, !last.station.lexicographicallyPrecedes(station.station) {
        return nil
      }
      stations.append(station)
    }
    guard reader.position == bytes.count - Self.paddingByteCount else { return nil }
  }
}

// MARK: Writing

private struct PartialWriter {
  var bytes: [UInt8] = []

  mutating func put(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func put(signed value: Int64) {
    put(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func put(text: [UInt8]) {
    put(UInt64(text.count))
    bytes += text
  }

  mutating func put(_ station: StationHours) {
    put(text: station.station)
    put(UInt64(station.months.count))
    var previous = 0
    var (reports, routine) = (station.reportSlots[...], station.routineSlots[...])
    for facts in station.months {
      put(UInt64(facts.month.index - previous))
      previous = facts.month.index
      put(facts.place, since: facts.month.startSeconds)
      let (first, count) = (facts.month.firstHour, facts.month.hourCount)
      let end = Int32(first + Int64(count))
      switch station.rule.reports {
      case .all: put(reports: Self.take(from: &reports, before: end), first, count)
      case .routine: put(routine: Self.take(from: &routine, before: end), first, count)
      }
    }
    precondition(reports.isEmpty && routine.isEmpty, "every hour is in a month of its station")
  }

  private static func take<Slot: HourSlot>(
    from slots: inout ArraySlice<Slot>, before end: Int32
  ) -> ArraySlice<Slot> {
    let part = slots.prefix { $0.hour < end }
    slots = slots[part.endIndex...]
    return part
  }

  private mutating func put(_ facts: PlaceFacts, since start: Int64) {
    put(UInt64(facts.elevationCount))
    put(signed: facts.elevationSum)
    bytes.append((facts.name == nil ? 0 : 1) | (facts.coordinates == nil ? 0 : 2))
    if let name = facts.name {
      put(UInt64(name.seconds - start))
      put(text: name.value)
    }
    if let coordinates = facts.coordinates {
      put(UInt64(coordinates.seconds - start))
      put(signed: Int64(coordinates.value.latitude))
      put(signed: Int64(coordinates.value.longitude))
    }
  }

  private mutating func put(reports slots: ArraySlice<ReportSlot>, _ first: Int64, _ count: Int) {
    putBitmap(slots, first, count)
    guard !slots.isEmpty else { return }
    putColumn(slots) { $0.count }
    putColumn(slots) { Int64($0.minTenths) }
    putColumn(slots) { Int64($0.maxTenths) - Int64($0.minTenths) }
    putColumn(slots) { $0.sumTenths &- $0.count &* Int64($0.minTenths) }
    putColumn(slots) { $0.count &- $0.dewCount }
    putColumn(slots) { $0.dewSumTenths }
  }

  private mutating func put(routine slots: ArraySlice<RoutineSlot>, _ first: Int64, _ count: Int) {
    putBitmap(slots, first, count)
    guard !slots.isEmpty else { return }
    putColumn(slots) { Int64($0.candidate.rank * 2) + ($0.hasLateMetar ? 1 : 0) }
    putColumn(slots) { Int64($0.candidate.secondOfHour) }
    putColumn(slots) { Int64($0.candidate.temperature) }
    putColumn(slots) { Int64($0.candidate.dewPoint) }
  }

  private mutating func putBitmap<Slot: HourSlot>(
    _ slots: ArraySlice<Slot>, _ first: Int64, _ count: Int
  ) {
    let start = bytes.count
    bytes += repeatElement(0, count: count / 8)
    for slot in slots {
      let hour = Int(Int64(slot.hour) - first)
      bytes[start + hour / 8] |= 1 << UInt8(hour % 8)
    }
  }

  @inline(__always)
  private mutating func putColumn<Slot: HourSlot>(
    _ slots: ArraySlice<Slot>, _ value: (Slot) -> Int64
  ) {
    slots.withUnsafeBufferPointer { slots in
      var (least, greatest) = (Int64.max, Int64.min)
      for slot in slots {
        let number = value(slot)
        least = min(least, number)
        greatest = max(greatest, number)
      }
      let width = ColumnWidth.least(for: UInt64(bitPattern: greatest &- least))
      put(signed: least)
      bytes.append(UInt8(width))
      let count = slots.count &* width
      guard count > 0 else { return }
      bytes.append(capacity: count) { cursor in
        let start = cursor.next
        switch width {
        case 1: Self.store(slots, least, UInt8.self, to: start, value)
        case 2: Self.store(slots, least, UInt16.self, to: start, value)
        case 4: Self.store(slots, least, UInt32.self, to: start, value)
        default: Self.store(slots, least, UInt64.self, to: start, value)
        }
        cursor.next += count
      }
    }
  }

  @inline(__always)
  private static func store<Slot: HourSlot, Number: FixedWidthInteger>(
    _ slots: UnsafeBufferPointer<Slot>, _ least: Int64, _ type: Number.Type,
    to start: UnsafeMutableRawPointer, _ value: (Slot) -> Int64
  ) {
    var place = start
    for slot in slots {
      let number = Number(truncatingIfNeeded: value(slot) &- least).littleEndian
      place.storeBytes(of: number, as: Number.self)
      place += Number.bitWidth / 8
    }
  }
}

private enum ColumnWidth {
  static func least(for greatest: UInt64) -> Int {
    switch greatest {
    case 0: 0
    case ...0xFF: 1
    case ...0xFFFF: 2
    case ...0xFFFF_FFFF: 4
    default: 8
    }
  }
}

// MARK: Reading

private struct PartialReader {
  private let bytes: UnsafeRawBufferPointer
  /// Where the padding begins.
  private let end: Int
  private(set) var position: Int

  /// No count is greater, so that no sum or product of what is read overflows.
  private static let countMax: Int64 = 1 << 36
  private static let elevationMax: Int64 = 1_000_000_000_000

  init(_ bytes: UnsafeRawBufferPointer, from position: Int) {
    self.bytes = bytes
    self.position = position
    end = bytes.count - Partial.paddingByteCount
  }

  mutating func number() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  mutating func signed() -> Int64? {
    number().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
  }

  mutating func count() -> Int64? {
    guard let value = number(), value <= UInt64(Self.countMax) else { return nil }
    return Int64(value)
  }

  mutating func text() -> UnsafeRawBufferPointer? {
    guard let length = number(), length <= UInt64(end - position) else { return nil }
    return take(Int(length))
  }

  private mutating func byte() -> UInt8? {
    guard position < end else { return nil }
    position += 1
    return bytes[position - 1]
  }

  private mutating func take(_ count: Int) -> UnsafeRawBufferPointer? {
    guard count <= end - position else { return nil }
    position += count
    return UnsafeRawBufferPointer(rebasing: bytes[(position - count)..<position])
  }

  mutating func station(_ rule: BackfillRule) -> StationHours? {
    guard let id = text(), ByteText.isStation(id), let monthCount = count(), monthCount > 0 else {
      return nil
    }
    var station = StationHours(station: Array(id), rule: rule)
    var previous = 0
    for _ in 0..<monthCount {
      guard let step = number(), step > 0, step <= UInt64(Month.indexRange.upperBound) else {
        return nil
      }
      previous += Int(step)
      guard Month.indexRange.contains(previous), let place = place(Month(index: previous)),
        let hours = take(Month(index: previous).hourCount / 8)
      else { return nil }
      let month = Month(index: previous)
      station.months.append(MonthFacts(month: month, place: place))
      let first = Int32(month.firstHour)
      let isRead =
        switch rule.reports {
        case .all: readReports(hours, first, into: &station.reportSlots)
        case .routine: readRoutine(hours, first, into: &station.routineSlots)
        }
      guard isRead else { return nil }
    }
    return station
  }

  private mutating func place(_ month: Month) -> PlaceFacts? {
    var facts = PlaceFacts()
    guard let elevationCount = count(), let elevationSum = signed(), let flags = byte(), flags < 4,
      elevationSum.magnitude
        <= UInt64(min(elevationCount, 1 << 22)) * UInt64(Self.elevationMax)
    else { return nil }
    facts.elevationCount = elevationCount
    facts.elevationSum = elevationSum
    if flags & 1 != 0 {
      guard let seconds = second(of: month), let name = text(), !name.isEmpty,
        String(validating: name, as: UTF8.self) != nil
      else { return nil }
      facts.name = Latest(seconds: seconds, value: Array(name))
    }
    if flags & 2 != 0 {
      guard let seconds = second(of: month), let latitude = coordinate(),
        let longitude = coordinate()
      else { return nil }
      facts.coordinates = Latest(
        seconds: seconds, value: Coordinates(latitude: latitude, longitude: longitude))
    }
    return facts
  }

  private mutating func second(of month: Month) -> Int64? {
    guard let second = number(), second < UInt64(month.secondCount) else { return nil }
    return month.startSeconds + Int64(second)
  }

  private mutating func coordinate() -> Int32? { signed().flatMap { Int32(exactly: $0) } }

  private mutating func readReports(
    _ hours: UnsafeRawBufferPointer, _ first: Int32, into slots: inout [ReportSlot]
  ) -> Bool {
    let count = Self.bitCount(hours)
    guard count > 0 else { return true }
    guard let counts = column(count), let mins = column(count), let spreads = column(count),
      let rests = column(count), let undewed = column(count), let dewSums = column(count)
    else { return false }
    var isPossible = true
    var index = 0
    Self.forEachBit(hours) { hour in
      var slot = ReportSlot(hour: first &+ Int32(truncatingIfNeeded: hour))
      let (count, least, spread) = (counts[index], mins[index], spreads[index])
      let (rest, dewCount, dewSum) = (rests[index], count &- undewed[index], dewSums[index])
      isPossible =
        isPossible && count > 0 && count <= Self.countMax && least >= -932 && spread >= 0
        && least <= 618 && spread <= 618 - least && rest >= 0 && rest <= count &* spread
        && dewCount >= 0 && dewCount <= count
        && dewSum >= dewCount &* Int64(DewPoint.tenthsMin)
        && dewSum <= dewCount &* Int64(DewPoint.tenthsMax)
      slot.count = count
      slot.minTenths = Int16(truncatingIfNeeded: least)
      slot.maxTenths = Int16(truncatingIfNeeded: least &+ spread)
      slot.sumTenths = rest &+ count &* least
      slot.dewCount = dewCount
      slot.dewSumTenths = dewSum
      slots.append(slot)
      index &+= 1
    }
    return isPossible
  }

  private mutating func readRoutine(
    _ hours: UnsafeRawBufferPointer, _ first: Int32, into slots: inout [RoutineSlot]
  ) -> Bool {
    let count = Self.bitCount(hours)
    guard count > 0 else { return true }
    guard let kinds = column(count), let seconds = column(count), let temperatures = column(count),
      let dewPoints = column(count)
    else { return false }
    var isPossible = true
    var index = 0
    Self.forEachBit(hours) { hour in
      var slot = RoutineSlot(hour: first &+ Int32(truncatingIfNeeded: hour))
      let (kind, second) = (kinds[index], seconds[index])
      let (temperature, dewPoint) = (temperatures[index], dewPoints[index])
      isPossible =
        isPossible && kind >= 0 && kind <= 5 && second >= 0 && second < 3600 && temperature >= 0
        && temperature <= 618 + 932 && dewPoint >= 0
        && (dewPoint <= Int64(DewPoint.tenthsMax - DewPoint.tenthsMin)
          || dewPoint == Int64(RoutineCandidate.noDewPoint))
      slot.hasLateMetar = kind & 1 != 0
      slot.candidate = RoutineCandidate(
        rank: UInt64(bitPattern: kind >> 1), secondOfHour: UInt64(bitPattern: second),
        temperature: UInt64(bitPattern: temperature), dewPoint: UInt64(bitPattern: dewPoint))
      slots.append(slot)
      index &+= 1
    }
    return isPossible
  }

  // MARK: Columns

  /// The numbers of a column, each loaded with the word that begins with it.
  private struct Column {
    let start: UnsafeRawPointer
    let width: Int
    let mask: UInt64
    let least: Int64

    @inline(__always)
    subscript(index: Int) -> Int64 {
      let word = start.loadUnaligned(fromByteOffset: index &* width, as: UInt64.self)
      return least &+ Int64(bitPattern: UInt64(littleEndian: word) & mask)
    }
  }

  private mutating func column(_ count: Int) -> Column? {
    guard let least = signed(), let width = byte(), [0, 1, 2, 4, 8].contains(width),
      let numbers = take(count * Int(width)), let base = bytes.baseAddress
    else { return nil }
    return Column(
      start: base + (position - numbers.count), width: Int(width),
      mask: width == 8 ? .max : (1 << UInt64(8 * width)) - 1, least: least)
  }

  private static func bitCount(_ bitmap: UnsafeRawBufferPointer) -> Int {
    bitmap.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  @inline(__always)
  private static func forEachBit(_ bitmap: UnsafeRawBufferPointer, _ body: (Int) -> Void) {
    for (index, byte) in bitmap.enumerated() {
      var rest = byte
      while rest != 0 {
        body(index &* 8 &+ rest.trailingZeroBitCount)
        rest &= rest &- 1
      }
    }
  }
}
