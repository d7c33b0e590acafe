// What a mistyped name was probably meant to be.

/// Finds the declared name that a mistyped one is nearest to.
enum NearestName {
  /// The nearest of `names`, or nil when none is near enough to be worth guessing: more than one
  /// slip in three letters is another word. The first declared wins a tie.
  static func of(_ word: String, among names: [String]) -> String? {
    let typed = Array(word)
    var best: (name: String, distance: Int)?
    for name in names {
      let distance = slips(typed, Array(name))
      if distance < best?.distance ?? .max { best = (name, distance) }
    }
    if let best, best.distance <= max(1, typed.count / 3) { return best.name }
    // A word that stops early is far by slips, but plain to see.
    return typed.count >= 2 ? names.first { $0.hasPrefix(word) } : nil
  }

  /// " (did you mean --quality?)", or nothing.
  static func suggestion(
    for word: String, among names: [String], written: (String) -> String = { $0 }
  ) -> String {
    of(word, among: names).map { " (did you mean \(written($0))?)" } ?? ""
  }

  /// How many letters were left out, added, replaced or swapped with their neighbour.
  /// Source: the optimal string alignment distance, by rows.
  private static func slips(_ from: [Character], _ to: [Character]) -> Int {
    var beforeLast = [Int](repeating: 0, count: to.count + 1)
    var last = Array(0...to.count)
    for row in from.indices {
      var current = [row + 1]
      for column in to.indices {
        let replaced = last[column] + (from[row] == to[column] ? 0 : 1)
        var fewest = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, from[row] == to[column - 1], from[row - 1] == to[column] {
          fewest = min(fewest, beforeLast[column - 1] + 1)
        }
        current.append(fewest)
      }
      (beforeLast, last) = (last, current)
    }
    return last[to.count]
  }
}
