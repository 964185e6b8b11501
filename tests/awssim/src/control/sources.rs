//! Streams and queues: making, writing, looking at and deleting them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::body::{answer_json, read, refuse};
use crate::sim::Sim;
use crate::wire::{DEFAULT_ACCOUNT, Request, Response};
use crate::world::event_source::SourceKind;
use crate::world::queue::{Queue, Redrive};
use crate::world::stream::{NewRecord, Stream};
use crate::world::{AwsError, ById, Millis, Region};

/// Which source of which region; an ARN says the latter itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Place {
    account: Option<String>,
    region: Option<String>,
    arn: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Records {
    account: Option<String>,
    region: Option<String>,
    arn: String,
    records: Vec<NewRecord>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Messages {
    account: Option<String>,
    region: Option<String>,
    arn: String,
    messages: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct StreamToMake {
    account: Option<String>,
    region: Option<String>,
    arn: String,
    #[serde(default)]
    shard_count: u32,
    #[serde(default)]
    topics: ById<u32>,
    retention_ms: Option<Millis>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct QueueToMake {
    account: Option<String>,
    region: Option<String>,
    arn: String,
    visibility_timeout_ms: Option<Millis>,
    retention_ms: Option<Millis>,
    redrive: Option<Redrive>,
}

impl Place {
    fn new(account: Option<String>, region: Option<String>, arn: String) -> Self {
        Self { account, region, arn }
    }

    /// From `?arn=...&account=...&region=...`.
    pub fn of(request: &Request) -> Result<Self, Response> {
        let mut place = Self::default();
        for (name, value) in form_urlencoded::parse(request.query.as_bytes()) {
            match &*name {
                "arn" => place.arn = value.into_owned(),
                "account" => place.account = Some(value.into_owned()),
                "region" => place.region = Some(value.into_owned()),
                _ => return Err(refuse(400, &format!("{name} is none of arn, account, region"))),
            }
        }
        Ok(place)
    }

    /// Does something in the region of the source.
    fn act<T>(&self, sim: &Sim, act: impl FnOnce(&mut Region, &str) -> Result<T, Response>) -> Result<T, Response> {
        let part = |index: usize| {
            self.arn
                .split(':')
                .nth(index)
                .filter(|part| self.arn.starts_with("arn:") && !part.is_empty())
        };
        let (account, region) = (self.account.as_deref().or(part(4)), self.region.as_deref().or(part(3)));
        let Some(region) = region.filter(|_| !self.arn.is_empty()) else {
            return Err(refuse(400, "arn: names no region, and there is no member region"));
        };
        sim.with_region(account.unwrap_or(DEFAULT_ACCOUNT), region, |region, _| act(region, &self.arn))
    }
}

fn refused(error: &AwsError) -> Response {
    refuse(
        if error.code.contains("NotExist") || error.code.contains("NotFound") {
            404
        } else {
            400
        },
        &error.message,
    )
}

/// `POST /_sim/streams`.
pub fn make_stream(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let asked: StreamToMake = read(request)?;
    if SourceKind::of(&asked.arn) == SourceKind::Sqs {
        return Err(refuse(400, "arn: is of a queue"));
    }
    let defaults = Stream::default();
    let stream = Stream {
        shard_count: asked.shard_count.max(defaults.shard_count),
        topics: asked.topics,
        retention_ms: asked.retention_ms.unwrap_or(defaults.retention_ms),
        ..defaults
    };
    Place::new(asked.account, asked.region, asked.arn).act(sim, |region, arn| {
        region.put_stream(arn, stream);
        Ok(answer_json(&shown_stream(&region.streams[arn])))
    })
}

/// `GET /_sim/streams?arn=...`: shards, how many records each has, and their first and last sequence numbers.
pub fn show_stream(sim: &Sim, request: &Request) -> Result<Response, Response> {
    Place::of(request)?.act(sim, |region, arn| match region.streams.get(arn) {
        Some(stream) => Ok(answer_json(&shown_stream(stream))),
        None => Err(refuse(404, &format!("there is no stream {arn}"))),
    })
}

fn shown_stream(stream: &Stream) -> Value {
    let shards = stream.shards.iter().map(|(id, shard)| {
        let (first, last) = (shard.records.front(), shard.records.back());
        json!({
            "shard": id, "records": shard.records.len(),
            "first": first.map(|record| record.sequence), "last": last.map(|record| record.sequence),
        })
    });
    json!({ "shards": shards.collect::<Vec<_>>(), "lastSequence": stream.last_sequence })
}

/// `POST /_sim/streams/records`.
pub fn put_records(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let asked: Records = read(request)?;
    Place::new(asked.account, asked.region, asked.arn).act(sim, |region, arn| {
        let written = region.put_records(arn, asked.records).map_err(|error| refused(&error))?;
        Ok(answer_json(&json!({ "records": written })))
    })
}

/// `DELETE /_sim/streams?arn=...`.
pub fn delete_stream(sim: &Sim, request: &Request) -> Result<Response, Response> {
    Place::of(request)?.act(sim, |region, arn| deleted(region.delete_stream(arn), arn))
}

/// `POST /_sim/queues`.
pub fn make_queue(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let asked: QueueToMake = read(request)?;
    if SourceKind::of(&asked.arn) != SourceKind::Sqs {
        return Err(refuse(400, "arn: is not of a queue"));
    }
    let defaults = Queue::default();
    let queue = Queue {
        visibility_timeout_ms: asked.visibility_timeout_ms.unwrap_or(defaults.visibility_timeout_ms),
        retention_ms: asked.retention_ms.unwrap_or(defaults.retention_ms),
        redrive: asked.redrive,
        ..defaults
    };
    Place::new(asked.account, asked.region, asked.arn).act(sim, |region, arn| {
        region.put_queue(arn, queue);
        Ok(Response::empty(204))
    })
}

/// `GET /_sim/queues?arn=...`: the queue with its messages.
pub fn show_queue(sim: &Sim, request: &Request) -> Result<Response, Response> {
    Place::of(request)?.act(sim, |region, arn| match region.queues.get(arn) {
        Some(queue) => Ok(answer_json(queue)),
        None => Err(refuse(404, &format!("there is no queue {arn}"))),
    })
}

/// `POST /_sim/queues/messages`.
pub fn send_messages(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let asked: Messages = read(request)?;
    Place::new(asked.account, asked.region, asked.arn).act(sim, |region, arn| {
        let ids = region.send_messages(arn, asked.messages).map_err(|error| refused(&error))?;
        Ok(answer_json(&json!({ "ids": ids })))
    })
}

/// `DELETE /_sim/queues?arn=...`.
pub fn delete_queue(sim: &Sim, request: &Request) -> Result<Response, Response> {
    Place::of(request)?.act(sim, |region, arn| deleted(region.delete_queue(arn), arn))
}

fn deleted(was_there: bool, arn: &str) -> Result<Response, Response> {
    if was_there {
        Ok(Response::empty(204))
    } else {
        Err(refuse(404, &format!("there is no source {arn}")))
    }
}
