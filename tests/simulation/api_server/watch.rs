//! Watches: who asked for what, what happened lately, and what is held back.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use futures::Stream;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use serde_json::{Value, json};
use tokio::time::{Sleep, sleep};

use super::Place;

/// One change.
#[derive(Clone, Debug)]
pub struct Change {
    pub version: u64,
    pub kind: &'static str,
    pub resource: String,
    pub object: Value,
}

impl Change {
    fn concerns(&self, place: &Place) -> bool {
        let namespace = self.object["metadata"]["namespace"].as_str();
        self.resource == place.resource && (place.namespace.is_none() || place.namespace.as_deref() == namespace)
    }

    fn line(&self) -> Bytes {
        let mut line = json!({"type": self.kind, "object": self.object}).to_string();
        line.push('\n');
        line.into()
    }
}

#[derive(Debug)]
struct Watch {
    place: Place,
    lines: UnboundedSender<Bytes>,
}

/// All watches and the latest changes.
#[derive(Debug, Default)]
pub struct Watches {
    open: Vec<Watch>,
    history: VecDeque<Change>,
    /// Changes up to this version are forgotten.
    compacted: u64,
    held: Option<Vec<Change>>,
}

/// The answer to a watch; it ends by itself after a time, as the real server ends it.
#[derive(Debug)]
pub struct Lines {
    receiver: UnboundedReceiver<Bytes>,
    ends: Pin<Box<Sleep>>,
}

impl Stream for Lines {
    type Item = Result<Bytes, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(line) = Pin::new(&mut self.receiver).poll_next(context) {
            return Poll::Ready(line.map(Ok));
        }
        self.ends.as_mut().poll(context).map(|()| None)
    }
}

impl Watches {
    /// Notes a change and tells everybody who asked.
    pub fn tell(&mut self, change: Change) {
        self.history.push_back(change.clone());
        match &mut self.held {
            Some(held) => held.push(change),
            None => self.send(&change),
        }
    }

    fn send(&mut self, change: &Change) {
        self.open
            .retain(|watch| !change.concerns(&watch.place) || watch.lines.unbounded_send(change.line()).is_ok());
    }

    /// A watch from a version on; `None` when that is forgotten.
    pub fn open(&mut self, place: &Place, from: u64, lasts: Duration) -> Option<Lines> {
        if from < self.compacted {
            return None;
        }
        let (lines, receiver) = unbounded();
        let held: Vec<_> = self.held.iter().flatten().map(|change| change.version).collect();
        let missed = self.history.iter().filter(|change| change.version > from && change.concerns(place));
        for change in missed.filter(|change| !held.contains(&change.version)) {
            let _ = lines.unbounded_send(change.line());
        }
        self.open.push(Watch {
            place: place.clone(),
            lines,
        });
        let ends = Box::pin(sleep(lasts));
        Some(Lines { receiver, ends })
    }

    /// Holds changes back.
    pub fn freeze(&mut self) {
        self.held.get_or_insert_default();
    }

    /// Sends what was held back.
    pub fn thaw(&mut self) {
        for change in self.held.take().into_iter().flatten() {
            self.send(&change);
        }
    }

    /// Sends everything that happened once more, as it was then; `backwards`: the newest first, so that the oldest stands at the end.
    pub fn repeat(&mut self, backwards: bool) {
        let mut again: Vec<_> = self.history.iter().cloned().collect();
        if backwards {
            again.reverse();
        }
        for change in &again {
            self.send(change);
        }
    }

    /// Ends all watches; with `gone`, forgets what happened up to a version.
    pub fn end(&mut self, gone: Option<u64>) {
        self.open.clear();
        if let Some(version) = gone {
            self.compacted = version;
            self.history.clear();
        }
    }
}
