// The text format of Prometheus.

import Metrics
import Testing

@Suite struct PrometheusTextTests {
  @Test func eachMetricHasItsHelpAndTypeOnce() {
    var text = PrometheusText()
    text.add(
      "lag_records", .gauge, "Behind.\nStill \\ behind.",
      [([("group", "a\"b\\c\nd"), ("topic", "ü")], 3), ([], 2.5)])
    text.add("seen_total", .counter, "Seen.", 1e15)
    text.add("nothing", .gauge, "Never written.", [])
    #expect(
      text.text == """
        # HELP lag_records Behind.\\nStill \\\\ behind.
        # TYPE lag_records gauge
        lag_records{group="a\\"b\\\\c\\nd",topic="ü"} 3
        lag_records 2.5
        # HELP seen_total Seen.
        # TYPE seen_total counter
        seen_total 1000000000000000

        """)
  }

  @Test func numbersThatAreNoneHaveTheirNames() {
    var text = PrometheusText()
    text.add("n", .gauge, "", [([], .nan), ([], .infinity), ([], -.infinity)])
    #expect(text.text.split(separator: "\n").suffix(3) == ["n NaN", "n +Inf", "n -Inf"])
  }
}
