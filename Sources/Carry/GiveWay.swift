// How the threads beside the path leave the machine to those in it.

internal import Glibc

/// `SCHED_BATCH` of Linux, which Glibc's header hides from Swift.
private let batch: Int32 = 3

/// Lets the running thread give way to all others of the machine.
///
/// When it is woken it does not interrupt what runs (SCHED_BATCH). It is not made to wait until the
/// machine is idle: whoever needs a lock that it holds would wait as long.
///
/// - Parameter niceness: how little of a busy processor it gets; 0 to 19.
public func giveWay(niceness: Int32) {
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    var parameters = sched_param()
    sched_setscheduler(0, batch, &parameters)
}

/// Lets others run that wait for this thread's processor.
///
/// Who wakes up while it runs may otherwise wait until its slice is over, a millisecond or more, however
/// little it matters. To be called between two pieces of work, with no lock held; a call costs less than a
/// microsecond when nobody waits.
public func letOthersRun() { sched_yield() }
