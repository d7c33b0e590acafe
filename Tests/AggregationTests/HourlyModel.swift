// The rules of the hourly aggregation written again, as plainly as they can be said: every reading is
// kept, and figures are worked out when they are asked for. Slow, and that is all right.

import Aggregation
import Observations

/// What may stand in a log, taken apart.
enum HourlyEvent {
  case observation(
    station: String, seconds: Int64, tenths: Int, code: Character, report: String, appended: Int64)
  case garbage(appended: Int64)
  case control(ControlRecord, appended: Int64)
}

struct HourlyModel {
  let rule: AggregationRule
  let changedWindowsMax: Int
  var emissions: [String] = []
  var rejections: [String] = []
  var acceptedCount: Int64 = 0
  var lateCount: Int64 = 0
  var latest: Int64?
  var idle: Int64?

  private struct Window: Hashable {
    let hour: Int64
    let key: String
  }
  private var readings: [Window: [Int]] = [:]
  private var unshown: Set<Window> = []
  private var shownOpen: Set<Window> = []
  private var revisions: [Window: Int] = [:]

  init(rule: AggregationRule, changedWindowsMax: Int) {
    self.rule = rule
    self.changedWindowsMax = changedWindowsMax
  }

  mutating func apply(_ event: HourlyEvent, offset: Int64) {
    switch event {
    case .control(let control, let appended):
      if case .idle(let seconds) = control, seconds - appended <= 24 * 3600 {
        let before = watermark.map(hour)
        idle = max(idle ?? seconds, seconds)
        showFinal(before)
      }
      applyControl()
    case .garbage: rejections.append("\(offset) bad-json")
    case .observation(let station, let seconds, let tenths, let code, let report, let appended):
      if let reason = refusal(seconds, tenths, code, report, appended) {
        rejections.append("\(offset) \(reason)")
      } else {
        accept(station, seconds, tenths)
      }
    }
  }

  private func hour(_ seconds: Int64) -> Int64 {
    Int64((Double(seconds) / 3600).rounded(.down))
  }

  private var watermark: Int64? {
    [latest.map { $0 - rule.delaySeconds }, idle].compactMap { $0 }.max()
  }

  private func isFinal(_ window: Window) -> Bool {
    watermark.map { $0 >= window.hour * 3600 + 3600 } ?? false
  }

  private func refusal(
    _ seconds: Int64, _ tenths: Int, _ code: Character, _ report: String, _ appended: Int64
  ) -> String? {
    if report.hasPrefix("SOD") || report.hasPrefix("SOM") { return "summary-report" }
    if tenths == 9999 { return "missing-temperature" }
    if rule.quality == .passed, "2367".contains(code) { return "suspect-or-erroneous" }
    if seconds - appended > 24 * 3600 { return "too-far-ahead" }
    if let lateness = rule.allowedLatenessSeconds, let watermark,
      watermark - (hour(seconds) + 1) * 3600 >= lateness
    {
      return "too-late"
    }
    return nil
  }

  private mutating func accept(_ station: String, _ seconds: Int64, _ tenths: Int) {
    acceptedCount += 1
    if isFinal(Window(hour: hour(seconds), key: station)) { lateCount += 1 }
    for key in [station, ""] {
      let window = Window(hour: hour(seconds), key: key)
      readings[window, default: []].append(tenths)
      unshown.insert(window)
    }
    let before = watermark.map(hour)
    latest = max(latest ?? seconds, seconds)
    showFinal(before)
    if unshown.count >= changedWindowsMax { show(unshown) }
  }

  /// - Parameter before: the hour in which the watermark was.
  private mutating func showFinal(_ before: Int64?) {
    guard let watermark, before != hour(watermark) else { return }
    show(unshown.union(shownOpen).filter(isFinal))
  }

  private mutating func applyControl() {
    guard rule.outputMode == .complete else { return show(unshown) }
    show(unshown.filter { !$0.key.isEmpty })
    show(Set(readings.keys.filter(\.key.isEmpty)))
  }

  private mutating func show(_ windows: Set<Window>) {
    let ordered = windows.sorted {
      $0.hour != $1.hour
        ? $0.hour < $1.hour : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
    }
    for window in ordered {
      let becomesFinal = isFinal(window) && shownOpen.contains(window)
      if unshown.remove(window) != nil || becomesFinal { revisions[window, default: 0] += 1 }
      if isFinal(window) { shownOpen.remove(window) } else { shownOpen.insert(window) }
      let values = readings[window] ?? []
      emissions.append(
        "\(window.key)@\(window.hour) \(values.count) \(values.reduce(0, +)) "
          + "\(values.min() ?? 0) \(values.max() ?? 0) r\(revisions[window] ?? 0)"
          + (isFinal(window) ? " final" : ""))
    }
  }
}
