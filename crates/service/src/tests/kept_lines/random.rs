//! A kept stream against a plain list of its lines, in any order of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;
use proptest::test_runner::Config;
use universal_worker_abi::Emitted;

use crate::run::framing::{Frame, Framing};
use crate::run::kept_lines::{ALLOWANCE, LinesError, LinesReader, Room, StreamEnd};
use crate::tests::kept_lines::Stream;

const CLIENTS: usize = 3;
const MAX_LEN: usize = 200_000;
const REASON: &str = "age";
const LAST_FRAME: &str = "{\"end\":{}}";
const ERROR_LINE: &str = "{\"error\":\"x\"}";

#[derive(Debug, Clone)]
enum Event {
    /// Lines of this many bytes beside their number.
    Push {
        count: usize,
        len: usize,
    },
    /// The client attaches, where it left; or leaves, if it is attached.
    ComeOrGo(usize),
    /// The client wants the lines from a number on: this many from the end, either way.
    Aim {
        client: usize,
        past_end: i64,
    },
    Take(usize),
    Start(usize),
    /// Other results take room, or give it back.
    Bound(usize),
    Finish {
        fails: bool,
    },
    Discard,
}

fn event() -> impl Strategy<Value = Event> {
    let client = || 0..CLIENTS;
    let len = prop_oneof![6 => 0..40_usize, 3 => 1_000..70_000_usize, 1 => Just(MAX_LEN)];
    let bound = prop_oneof![Just(0), Just(ALLOWANCE), Just(3 * ALLOWANCE), Just(1 << 20)];
    prop_oneof![
        12 => (1..4_usize, len).prop_map(|(count, len)| Event::Push { count, len }),
        8 => client().prop_map(Event::ComeOrGo),
        2 => (client(), -6..4_i64).prop_map(|(client, past_end)| Event::Aim { client, past_end }),
        10 => client().prop_map(Event::Take),
        2 => client().prop_map(Event::Start),
        3 => bound.prop_map(Event::Bound),
        1 => any::<bool>().prop_map(|fails| Event::Finish { fails }),
        1 => Just(Event::Discard),
    ]
}

/// What must be true of a stream, and those who read it.
#[derive(Debug)]
struct Model {
    stream: Stream,
    lines: Vec<Vec<u8>>,
    padding: Vec<u8>,
    longest: usize,
    end: Option<End>,
    is_discarded: bool,
    clients: [Client; CLIENTS],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    Failed,
}

#[derive(Debug)]
struct Client {
    /// It is that of the run, until it leaves.
    is_of_run: bool,
    framing: Framing,
    /// Number of complete lines that it has, or wants to skip.
    next: usize,
    reader: Option<LinesReader>,
    is_over: bool,
    /// It waits for this many lines.
    awaits: Option<usize>,
    woken: Arc<Woken>,
}

#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

proptest! {
    #![proptest_config(Config { cases: 1_500, ..Config::default() })]

    #[test]
    fn each_line_reaches_each_client_exactly_once(
        bound in prop_oneof![Just(0), Just(2 * ALLOWANCE), Just(1 << 20)],
        events in prop::collection::vec(event(), 1..80),
    ) {
        let mut model = Model::new(bound);
        for event in &events {
            model.apply(event);
            model.check();
        }
        model.check_end();
    }
}

impl Model {
    fn new(bound: usize) -> Self {
        let mut clients = [Framing::Plain, Framing::Plain, Framing::Frames].map(|framing| Client {
            is_of_run: false,
            framing,
            next: 0,
            reader: None,
            is_over: false,
            awaits: None,
            woken: Arc::default(),
        });
        let stream = Stream::new(bound);
        let reader = stream.lines.client_reader(clients[0].framing).unwrap();
        (clients[0].is_of_run, clients[0].reader) = (true, Some(reader));
        let padding = vec![b'x'; MAX_LEN];
        let lines = Vec::new();
        Self { stream, lines, padding, longest: 0, end: None, is_discarded: false, clients }
    }

    fn apply(&mut self, event: &Event) {
        match *event {
            Event::Push { count, len } => (0..count).for_each(|_| self.push(len)),
            Event::ComeOrGo(client) => self.come_or_go(client),
            Event::Aim { client, past_end } => {
                self.clients[client].leave();
                let end = i64::try_from(self.lines.len()).unwrap();
                self.clients[client].next = usize::try_from(end + past_end).unwrap_or(0);
            }
            Event::Take(client) => self.take(client),
            Event::Start(client) => self.start(client),
            Event::Bound(bound) => self.stream.room.set_bound(bound),
            Event::Finish { fails } => self.finish(fails),
            Event::Discard if self.end.is_some() => {
                self.stream.room.give_back(self.stream.lines.discard(REASON));
                self.is_discarded = true;
            }
            // Only an ended stream is discarded.
            Event::Discard => {}
        }
    }

    fn push(&mut self, len: usize) {
        let line = [self.lines.len().to_string().as_bytes(), &self.padding[..len]].concat();
        let pushed = self.stream.lines.push_now(&line, &self.stream.cancel);
        match (self.end, pushed) {
            (None, Some(emitted)) => {
                assert_eq!(emitted, Emitted::Taken);
                self.longest = self.longest.max(line.len() + 1);
                self.lines.push(line);
            }
            (None, None) => {
                let lags = |client: &Client| client.next < self.lines.len();
                assert!(self.attached().any(lags), "the producer waits for nobody");
            }
            (Some(_), emitted) if self.is_discarded => assert_eq!(emitted, Some(Emitted::Taken)),
            (Some(_), emitted) => assert_eq!(emitted, Some(Emitted::ReaderGone)),
        }
    }

    fn come_or_go(&mut self, client: usize) {
        if self.clients[client].reader.is_some() {
            self.clients[client].leave();
            return;
        }
        let from = self.clients[client].next as u64;
        let first = self.stream.lines.first();
        let reader = self.stream.lines.reader(from, self.clients[client].framing);
        match self.refusal(from, false) {
            Some(refusal) => assert_eq!(reader.unwrap_err(), refusal),
            None if from < first => assert_eq!(reader.unwrap_err(), LinesError::Dropped { first }),
            None => self.clients[client].reader = Some(reader.unwrap()),
        }
    }

    fn take(&mut self, client: usize) {
        let Client { next, is_of_run, .. } = self.clients[client];
        let refusal = self.refusal(next as u64, is_of_run);
        let framing = self.clients[client].framing;
        let Some(taken) = self.clients[client].poll(LinesReader::poll_take) else { return };
        let expected_end = match (self.end, framing) {
            (Some(End::Complete), Framing::Frames) => Some(format!("{LAST_FRAME}\n")),
            (Some(End::Failed), _) => Some(format!("{ERROR_LINE}\n")),
            _ => None,
        };
        let is_open = self.end.is_none();
        let client = &mut self.clients[client];
        match taken {
            _ if client.is_over => assert_eq!(taken, Poll::Ready(None)),
            Poll::Ready(Some(Err(error))) => {
                assert_eq!(Some(error), refusal);
                client.is_over = true;
            }
            _ if refusal.is_some() => panic!("{taken:?} instead of {refusal:?}"),
            Poll::Ready(Some(Ok(bytes))) if next < self.lines.len() => {
                client.next += matching(&bytes, framing, &self.lines[next..]);
            }
            Poll::Ready(taken) => {
                assert!(!is_open, "{taken:?} from an open stream");
                assert_eq!(
                    taken.map(Result::unwrap).as_deref(),
                    expected_end.as_ref().map(String::as_bytes)
                );
                client.is_over = true;
            }
            Poll::Pending => {
                assert!(is_open && next >= self.lines.len());
                client.awaits = Some(next + 1);
            }
        }
    }

    fn start(&mut self, client: usize) {
        let Client { next, is_of_run, .. } = self.clients[client];
        let refusal = self.refusal(next as u64, is_of_run);
        let started = self.clients[client].poll(|reader, cx| reader.poll_started(cx));
        match started {
            None => {}
            Some(Poll::Ready(started)) => {
                assert_eq!(started.err(), refusal);
                assert!(refusal.is_some() || next <= self.lines.len());
            }
            Some(Poll::Pending) => {
                assert!(self.end.is_none() && next > self.lines.len());
                self.clients[client].awaits = Some(next);
            }
        }
    }

    fn finish(&mut self, fails: bool) {
        let end = match fails {
            true => StreamEnd::Failed { line: ERROR_LINE.into() },
            false => StreamEnd::Complete { frame: Some(LAST_FRAME.into()) },
        };
        self.stream.lines.finish(end);
        self.end.get_or_insert(if fails { End::Failed } else { End::Complete });
    }

    /// Why line `from` cannot come any more, apart from what was dropped for want of room.
    fn refusal(&self, from: u64, is_of_run: bool) -> Option<LinesError> {
        let lines = self.lines.len() as u64;
        match self.end {
            Some(_) if self.is_discarded && !is_of_run => {
                Some(LinesError::Discarded { reason: REASON })
            }
            Some(_) if from > lines => Some(LinesError::BeyondEnd { lines }),
            _ => None,
        }
    }

    fn attached(&self) -> impl Iterator<Item = &Client> {
        self.clients.iter().filter(|client| client.reader.is_some())
    }

    fn check(&mut self) {
        let count = self.lines.len();
        for client in &mut self.clients {
            let Some(lines) = client.awaits else { continue };
            let is_woken = client.woken.0.load(Ordering::Relaxed);
            assert_eq!(is_woken, self.end.is_some() || count >= lines, "{client:?}");
            if is_woken {
                client.awaits = None;
            }
        }
        self.check_memory();
        if self.is_discarded {
            return;
        }
        let first = usize::try_from(self.stream.lines.first()).unwrap();
        assert!(first <= count);
        assert!(first == 0 || self.stream.room.has_refused());
        assert!(self.attached().all(|client| first <= client.next));
        assert_eq!(self.stream.lines.written().count, count as u64);
    }

    fn check_memory(&self) {
        let (held, used) = (self.stream.lines.held(), self.stream.room.used());
        let lags = self.attached().any(|client| client.next < self.lines.len());
        let text = LAST_FRAME.len().max(ERROR_LINE.len()) + 1;
        let limit = match self.end {
            Some(_) if self.is_discarded && !self.clients[0].is_of_run => 0,
            // One line that is larger than the bound may pass.
            None if lags => self.longest.max(used + ALLOWANCE),
            None => used + ALLOWANCE,
            Some(_) if lags => used + text + self.longest.max(ALLOWANCE),
            Some(_) => used + text,
        };
        assert!(held <= limit, "{held} bytes, of which {used} are taken of the room");
        assert!(self.end.is_none() || used <= held, "{used} bytes are taken, {held} held");
    }

    /// Everything that was taken of the room comes back.
    fn check_end(mut self) {
        self.finish(false);
        self.clients.iter_mut().for_each(Client::leave);
        self.check();
        self.stream.room.give_back(self.stream.lines.discard(REASON));
        assert_eq!(self.stream.room.used(), 0);
    }
}

impl Client {
    fn leave(&mut self) {
        self.reader = None;
        self.is_of_run = false;
        self.is_over = false;
        self.awaits = None;
    }

    fn poll<T>(
        &mut self,
        poll: impl FnOnce(&mut LinesReader, &mut Context<'_>) -> Poll<T>,
    ) -> Option<Poll<T>> {
        let reader = self.reader.as_mut()?;
        self.woken = Arc::default();
        self.awaits = None;
        let waker = Waker::from(Arc::clone(&self.woken));
        Some(poll(reader, &mut Context::from_waker(&waker)))
    }
}

/// The number of lines that `bytes` are the framed form of.
fn matching(bytes: &[u8], framing: Framing, lines: &[Vec<u8>]) -> usize {
    let frame = Frame::new(framing);
    let mut expected = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        frame.append(line, &mut expected);
        if expected.len() >= bytes.len() {
            assert!(expected == bytes, "line {n} is not whole, or another one");
            return n + 1;
        }
    }
    panic!("{} bytes, which is more than there is", bytes.len());
}
