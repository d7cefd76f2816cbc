package nn

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// spinTime is how long a member watches for what it waits for before it sleeps.
const spinTime = 50 * time.Microsecond

// Team lets several goroutines work on one small computation, a single query,
// with a fork and joins that cost less than a microsecond. Members sleep when
// nothing comes, so an idle team costs nothing.
//
// A Team is used by one goroutine at a time.
type Team struct {
	count   int
	yield   func()
	work    func(Share)
	round   atomic.Uint32 // incremented for each Do
	closed  atomic.Bool
	done    barrier
	inner   barrier
	members []*member
	exit    sync.WaitGroup
}

// member is one goroutine of the team beside the caller's.
type member struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// NewTeam starts a team of count members, the caller being one. Close ends it.
func NewTeam(count int) *Team {
	t := &Team{count: max(count, 1)}
	for i := 1; i < t.count; i++ {
		m := &member{wake: make(chan struct{}, 1)}
		t.members = append(t.members, m)
		t.exit.Add(1)
		go t.serve(i, m)
	}
	return t
}

// YieldTo makes members call yield, at the same time, between pieces of their
// work of about a millisecond. It waits while the machine has something more
// urgent to do. The team must be idle; nil, as it is at first, is never.
func (t *Team) YieldTo(yield func()) { t.yield = yield }

// Count is the number of members.
func (t *Team) Count() int { return t.count }

// Do calls work once a member, at the same time, and returns when all have
// returned.
func (t *Team) Do(work func(Share)) {
	if t.count == 1 {
		work(Alone(t.yield))
		return
	}
	t.work = work
	t.start()
	work(t.share(0))
	t.done.wait(int32(t.count), t.yield)
	t.work = nil
}

// Close ends the members. The team must be idle.
func (t *Team) Close() {
	t.closed.Store(true)
	t.start()
	t.exit.Wait()
}

// start opens the next round and wakes the members that sleep.
func (t *Team) start() {
	t.round.Add(1)
	for _, m := range t.members {
		if m.asleep.CompareAndSwap(true, false) {
			m.wake <- struct{}{}
		}
	}
}

// serve is the life of member index.
func (t *Team) serve(index int, m *member) {
	defer t.exit.Done()
	for round := uint32(1); ; round++ {
		started := func() bool { return t.round.Load() == round }
		if !spin(started, spinTime) {
			m.sleep(started)
		}
		if t.closed.Load() {
			return
		}
		t.work(t.share(index))
		t.done.wait(int32(t.count), t.yield)
	}
}

// share is the part of member index.
func (t *Team) share(index int) Share { return Share{index, t.count, &t.inner, t.yield} }

// sleep returns when started holds. The flag is raised before the last look,
// so that a round that starts in between finds it and sends a wake-up; if this
// member sees the round first and takes the flag back, nothing is sent.
func (m *member) sleep(started func() bool) {
	m.asleep.Store(true)
	if started() && m.asleep.CompareAndSwap(true, false) {
		return
	}
	<-m.wake
}

// spin calls ready until it is true or limit has passed, and says which. It
// yields the processor now and then, for another goroutine may need it.
func spin(ready func() bool, limit time.Duration) bool {
	var start time.Time
	for i := 0; ; i++ {
		for range 64 {
			if ready() {
				return true
			}
		}
		if i%16 != 15 {
			continue
		}
		runtime.Gosched()
		if start.IsZero() {
			start = time.Now()
		} else if time.Since(start) > limit {
			return false
		}
	}
}
