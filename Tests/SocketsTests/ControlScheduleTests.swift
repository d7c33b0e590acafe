// When a trigger is due, and when a source counts as idle. The tests set the clock.

import Aggregation
import Pipeline
import Testing

@testable import Sockets

@Suite struct ControlScheduleTests {
  private func schedule(
    _ end: RawTopicEnd = RawTopicEnd(), idle: Int64? = 60_000
  ) -> ControlSchedule {
    ControlSchedule(triggerMilliseconds: 5_000, idleMilliseconds: idle, now: 0, end: end)
  }

  @Test func withoutRecordsNothingIsEverDue() {
    var subject = schedule()
    #expect(subject.nextTime() == nil)
    #expect(subject.takeDue(now: 1_000_000) == nil)
  }

  @Test func aTriggerComesOnceForWhatWasReceivedSinceTheLast() {
    var subject = schedule()
    subject.note(eventSeconds: 10, receivedSeconds: 20, now: 4_999)
    #expect(subject.takeDue(now: 4_999) == nil)
    #expect(subject.nextTime() == 5_000)
    #expect(subject.takeDue(now: 5_000) == .trigger)
    #expect(subject.takeDue(now: 20_000) == nil)
    subject.note(eventSeconds: 11, receivedSeconds: 20, now: 20_000)
    // The one before is long past.
    #expect(subject.takeDue(now: 20_000) == .trigger)
    subject.note(eventSeconds: 12, receivedSeconds: 20, now: 20_001)
    #expect(subject.takeDue(now: 24_999) == nil)
    #expect(subject.takeDue(now: 25_000) == .trigger)
  }

  @Test func aSilentSourceIsIdleOnceAndNamesItsNewestEvent() {
    var subject = schedule()
    subject.note(eventSeconds: 100, receivedSeconds: 200, now: 1_000)
    subject.note(eventSeconds: 90, receivedSeconds: 200, now: 2_000)
    #expect(subject.takeDue(now: 6_000) == .trigger)
    #expect(subject.nextTime() == 62_000)
    #expect(subject.takeDue(now: 61_999) == nil)
    #expect(subject.takeDue(now: 62_000) == .idle(seconds: 100))
    #expect(subject.takeDue(now: 900_000) == nil)
    subject.note(eventSeconds: 95, receivedSeconds: 200, now: 900_000)
    #expect(subject.takeDue(now: 905_000) == .trigger)
    #expect(subject.takeDue(now: 960_000) == .idle(seconds: 100))
  }

  @Test func anEventFarAheadDoesNotSayHowFarTimeHasCome() {
    var subject = schedule()
    subject.note(eventSeconds: 100, receivedSeconds: 100, now: 0)
    subject.note(eventSeconds: 100 + 86_400, receivedSeconds: 100, now: 0)
    subject.note(eventSeconds: 101 + 86_400, receivedSeconds: 100, now: 0)
    #expect(subject.takeDue(now: 60_000) == .idle(seconds: 86_500))
  }

  @Test func recordsThatACrashLeftUnshownAreShown() {
    var subject = schedule(RawTopicEnd(hasUnshown: true, latestEventSeconds: 100))
    #expect(subject.takeDue(now: 5_000) == .trigger)
    #expect(subject.takeDue(now: 60_000) == .idle(seconds: 100))
  }

  @Test func aSourceThatACrashCutOffAfterATriggerIsIdleAllTheSame() {
    var subject = schedule(RawTopicEnd(lastControl: .trigger, latestEventSeconds: 100))
    #expect(subject.takeDue(now: 59_999) == nil)
    #expect(subject.takeDue(now: 60_000) == .idle(seconds: 100))
    #expect(subject.takeDue(now: 900_000) == nil)
  }

  @Test(arguments: [ControlRecord.flush, .idle(seconds: 100)])
  func whatEndedInOrderHasNothingToTell(_ last: ControlRecord) {
    var subject = schedule(RawTopicEnd(lastControl: last, latestEventSeconds: 100))
    #expect(subject.takeDue(now: 900_000) == nil)
  }

  @Test func withoutTheRuleASilentSourceIsWaitedFor() {
    var subject = schedule(RawTopicEnd(hasUnshown: true, latestEventSeconds: 100), idle: nil)
    #expect(subject.takeDue(now: 5_000) == .trigger)
    #expect(subject.nextTime() == nil)
    #expect(subject.takeDue(now: 1 << 40) == nil)
  }
}
