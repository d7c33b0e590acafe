// When an observation is due. The tests set the clock.

import Sockets
import Testing

@Suite struct PacerTests {
  @Test func theFirstIsDueAtOnceAndTheRestByTheSpeed() {
    var pacer = Pacer(.speed(60))
    #expect(pacer.dueTime(eventSeconds: 1_000, now: 7) == 7)
    #expect(pacer.dueTime(eventSeconds: 1_600, now: 8) == 17)
    #expect(pacer.dueTime(eventSeconds: 940, now: 8) == 6)
  }

  @Test func stepsComeAtOnceAndBeginWhereAStepBegins() {
    var pacer = Pacer(.steps(stepSeconds: 600, everySeconds: 30))
    #expect(pacer.dueTime(eventSeconds: 1_199, now: 100) == 100)
    #expect(pacer.dueTime(eventSeconds: 1_200, now: 100) == 130)
    #expect(pacer.dueTime(eventSeconds: 1_799, now: 100) == 130)
    // A step without observations takes its time, too.
    #expect(pacer.dueTime(eventSeconds: 2_400, now: 100) == 190)
  }

  @Test func withoutAPaceEverythingIsDue() {
    var pacer = Pacer(.max)
    #expect(pacer.dueTime(eventSeconds: 0, now: 5) == 5)
    #expect(pacer.dueTime(eventSeconds: 1 << 40, now: 6) == 5)
  }

  @Test func aPauseStopsTheTime() {
    var pacer = Pacer(.speed(1))
    _ = pacer.dueTime(eventSeconds: 0, now: 0)
    pacer.pause(10)
    pacer.pause(15)
    #expect(pacer.isPaused)
    pacer.resume(30)
    pacer.resume(40)
    #expect(!pacer.isPaused)
    #expect(pacer.dueTime(eventSeconds: 11, now: 40) == 31)
  }

  @Test func aProcessThatWasStoppedGoesOnWhereItWas() {
    var pacer = Pacer(.speed(1))
    _ = pacer.dueTime(eventSeconds: 0, now: 0)
    for now in [0.5, 1.0, 2.9] { pacer.see(now) }
    pacer.see(103)
    #expect(pacer.dueTime(eventSeconds: 3, now: 103) == 103.1)
  }

  @Test func timeBefore1970HasStepsOfTheSameLength() {
    var pacer = Pacer(.steps(stepSeconds: 600, everySeconds: 30))
    #expect(pacer.dueTime(eventSeconds: -1, now: 0) == 0)
    #expect(pacer.dueTime(eventSeconds: 0, now: 0) == 30)
  }
}
