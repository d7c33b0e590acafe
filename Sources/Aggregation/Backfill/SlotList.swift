// A station's hours or months, put in order when that is asked for.

/// Slots of one station in the order they came, made ascending when that is asked for.
struct SlotList<Slot: TimeSlot>: Sendable {
  private static var compactedCountMin: Int { 64 }
  /// How far back a slot's place is looked for at once.
  private static var lookBackCount: Int { 8 }

  private(set) var slots: [Slot] = []
  private var isAscending = true
  /// Disorder is put in order when there are so many slots: twice those that were left last time, so that
  /// memory stays in proportion to them however often they come back.
  private var compactionCount = compactedCountMin

  @inline(__always)
  mutating func append(_ slot: Slot) {
    if let last = slots.last, slot.index <= last.index {
      appendLate(slot)
    } else {
      slots.append(slot)
      if !isAscending, slots.count >= compactionCount { putInOrder() }
    }
  }

  /// A slot that does not come after all others: mostly it comes after all but the last few.
  private mutating func appendLate(_ slot: Slot) {
    var place = slots.count
    let least = max(0, slots.count - Self.lookBackCount)
    while place > least, slots[place - 1].index > slot.index { place -= 1 }
    if place > 0, slots[place - 1].index == slot.index {
      slots[place - 1].merge(slot)
    } else if place > 0, slots[place - 1].index < slot.index {
      slots.insert(slot, at: place)
    } else {
      slots.append(slot)
      isAscending = false
      if slots.count >= compactionCount { putInOrder() }
    }
  }

  /// Forgets all but the room, which is given up where another holds the slots.
  mutating func clear() {
    slots.removeAll(keepingCapacity: true)
    isAscending = true
    compactionCount = Self.compactedCountMin
  }

  /// Makes them ascending, each time once.
  mutating func putInOrder() {
    guard !isAscending else { return }
    slots.sort { $0.index < $1.index }
    var last = 0
    for index in 1..<slots.count {
      if slots[index].index == slots[last].index {
        slots[last].merge(slots[index])
      } else {
        last += 1
        slots[last] = slots[index]
      }
    }
    slots.removeLast(slots.count - last - 1)
    isAscending = true
    compactionCount = max(Self.compactedCountMin, 2 * slots.count)
  }
}

extension Array where Element: TimeSlot {
  /// Both must be ascending, each time once; then the result is.
  mutating func mergeSlots(_ other: [Element]) {
    guard let first = other.first else { return }
    // Parts of a station come by time where that can be: then few or none of these have to move.
    var place = count
    while place > 0, self[place - 1].index >= first.index { place -= 1 }
    let rest = Array(self[place...])
    removeLast(rest.count)
    var (left, right) = (0, 0)
    while left < rest.count, right < other.count {
      if rest[left].index < other[right].index {
        append(rest[left])
        left += 1
      } else if rest[left].index > other[right].index {
        append(other[right])
        right += 1
      } else {
        append(rest[left])
        self[count - 1].merge(other[right])
        left += 1
        right += 1
      }
    }
    self += rest[left...]
    self += other[right...]
  }
}
