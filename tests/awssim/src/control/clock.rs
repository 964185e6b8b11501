//! `POST /_sim/clock`.

use serde::Deserialize;

use super::body::{answer_json, read, refuse};
use crate::sim::{ClockError, Sim};
use crate::wire::time::parse_iso;
use crate::wire::{Request, Response};
use crate::world::Millis;

/// What to do with the clock; several members are carried out in this order.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[derive(Default)]
struct Change {
    /// Simulated seconds per real second from now on; 0 makes the clock manual.
    scale: Option<f64>,
    /// Jump to that time.
    set: Option<Moment>,
    /// Jump ahead.
    advance_seconds: Option<f64>,
    /// Whether callers write CloudWatch's time windows in real time.
    callers_in_real_time: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Moment {
    Millis(Millis),
    Text(String),
}

/// Changes the clock and answers what it shows then.
pub fn post(sim: &Sim, request: &Request) -> Result<Response, Response> {
    let change: Change = read(request)?;
    let to = change.set.map(moment).transpose()?;
    let by = change.advance_seconds.map(seconds).transpose()?;
    sim.change_clock(|clock, wall| {
        change.scale.map_or(Ok(()), |scale| clock.scale(wall, scale))?;
        to.map_or(Ok(()), |to| clock.set(wall, to))?;
        clock.advance(wall, by.unwrap_or(0));
        Ok(())
    })
    .map_err(|error: ClockError| refuse(400, &error.to_string()))?;
    if change.callers_in_real_time.is_some() {
        sim.set_callers_in_real_time(change.callers_in_real_time);
    }
    Ok(answer_json(&sim.clock()))
}

fn moment(moment: Moment) -> Result<Millis, Response> {
    match moment {
        Moment::Millis(millis) => Ok(millis),
        Moment::Text(text) => {
            parse_iso(&text).ok_or_else(|| refuse(400, &format!("set: {text:?} is no time such as 2026-01-01T00:00:00Z")))
        }
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Checked to be within a century.
fn seconds(seconds: f64) -> Result<Millis, Response> {
    if (0.0..3.2e9).contains(&seconds) {
        Ok((seconds * 1000.0).round() as Millis)
    } else {
        Err(refuse(400, "advanceSeconds: time goes forward, by a century at most"))
    }
}
