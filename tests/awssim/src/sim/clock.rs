//! Simulated time as a function of real time.

use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use crate::wire::time::{iso, parse_iso};
use crate::world::Millis;

/// Simulated time: a moment of it, the moment of real time that belongs to it, and how much faster it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clock {
    /// Simulated time at `since`; absent until the clock was first started, then the time of `since` itself.
    base: Option<Millis>,
    /// Real time.
    since: Millis,
    /// Simulated milliseconds per real one; 0 when it only moves by hand.
    rate: f64,
}

/// What the control plane shows of a clock.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// `real`, `scaled` or `manual`.
    pub mode: &'static str,
    /// Simulated seconds per real second.
    pub scale: f64,
    /// ISO 8601.
    pub now: String,
    /// The same in milliseconds since the epoch.
    pub now_millis: Millis,
}

/// A clock that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ClockError {
    /// Not the name of a clock.
    #[error("{0:?} is no clock: write real, scaled:N with N above 0, manual or manual:2026-01-01T00:00:00Z")]
    Unknown(String),
    /// Time would run backwards; nothing in AWS expects that.
    #[error("simulated time does not go back: it is {now} already, not {asked}")]
    Backwards {
        /// The time it is.
        now: String,
        /// The time asked for.
        asked: String,
    },
    /// Below 0 or no number.
    #[error("the scale must be a number from 0 (manual) to 100000")]
    Scale,
}

impl Clock {
    /// Simulated time is real time.
    pub fn real() -> Self {
        Self {
            base: None,
            since: 0,
            rate: 1.0,
        }
    }

    /// Begins at real time and runs `rate` times as fast.
    pub fn scaled(rate: f64) -> Self {
        Self {
            base: None,
            since: 0,
            rate,
        }
    }

    /// Begins at `base` and stands still until it is advanced.
    pub fn manual(base: Millis) -> Self {
        Self {
            base: Some(base),
            since: 0,
            rate: 0.0,
        }
    }

    /// Ties the clock to real time; a clock without a time of its own takes over the real one.
    #[must_use]
    pub fn started(self, wall: Millis) -> Self {
        Self {
            base: Some(self.base.unwrap_or(wall)),
            since: wall,
            ..self
        }
    }

    /// Simulated time at that real time.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // Millisecond counts stay below 2^52.
    pub fn now(&self, wall: Millis) -> Millis {
        let passed = wall.saturating_sub(self.since) as f64 * self.rate;
        self.base.unwrap_or(self.since) + passed as Millis
    }

    /// Whether it moves only by hand.
    pub fn is_manual(&self) -> bool {
        self.rate == 0.0
    }

    /// Whether simulated time is real time or is moved by hand; a scaled clock is neither.
    pub fn is_scaled(&self) -> bool {
        self.rate != 0.0 && (self.rate - 1.0).abs() > f64::EPSILON
    }

    /// Lets simulated time jump ahead.
    pub fn advance(&mut self, wall: Millis, by: Millis) {
        *self = Self {
            base: Some(self.now(wall) + by),
            since: wall,
            ..*self
        };
    }

    /// Lets simulated time jump to `to`.
    ///
    /// # Errors
    /// [`ClockError::Backwards`] when that is past.
    pub fn set(&mut self, wall: Millis, to: Millis) -> Result<(), ClockError> {
        let now = self.now(wall);
        if to < now {
            return Err(ClockError::Backwards {
                now: iso(now),
                asked: iso(to),
            });
        }
        self.advance(wall, to - now);
        Ok(())
    }

    /// Changes how fast time runs, from now on; 0 makes the clock manual, 1 lets it run as real time does.
    ///
    /// # Errors
    /// [`ClockError::Scale`] for what is no such number.
    pub fn scale(&mut self, wall: Millis, rate: f64) -> Result<(), ClockError> {
        if !(0.0..=100_000.0).contains(&rate) {
            return Err(ClockError::Scale);
        }
        *self = Self {
            base: Some(self.now(wall)),
            since: wall,
            rate,
        };
        Ok(())
    }

    /// For the control plane.
    pub fn shown(&self, wall: Millis) -> Shown {
        let mode = if self.is_manual() {
            "manual"
        } else {
            ["real", "scaled"][usize::from(self.is_scaled())]
        };
        let now_millis = self.now(wall);
        Shown {
            mode,
            scale: self.rate,
            now: iso(now_millis),
            now_millis,
        }
    }
}

impl FromStr for Clock {
    type Err = ClockError;

    fn from_str(text: &str) -> Result<Self, ClockError> {
        let unknown = || ClockError::Unknown(text.into());
        match text.split_once(':') {
            None if text == "real" => Ok(Self::real()),
            None if text == "manual" => Ok(Self { rate: 0.0, ..Self::real() }),
            Some(("scaled", rate)) => rate
                .parse()
                .ok()
                .filter(|rate| *rate > 0.0 && *rate <= 100_000.0)
                .map(Self::scaled)
                .ok_or_else(unknown),
            Some(("manual", base)) => parse_iso(base).map(Self::manual).ok_or_else(unknown),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_clock_runs_faster_from_where_it_was_started() {
        let clock = Clock::scaled(60.0).started(1000);
        assert_eq!((clock.now(1000), clock.now(2000)), (1000, 61_000));
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let mut clock = Clock::manual(500).started(1_000_000);
        assert_eq!(clock.now(9_000_000), 500);
        clock.advance(9_000_000, 250);
        assert_eq!(clock.now(10_000_000), 750);
    }

    #[test]
    fn changing_the_scale_does_not_move_the_time_it_is() {
        let mut clock = Clock::scaled(10.0).started(0);
        clock.scale(100, 0.0).unwrap();
        assert_eq!((clock.now(100), clock.now(900)), (1000, 1000));
        clock.scale(900, 2.0).unwrap();
        assert_eq!(clock.now(1000), 1200);
    }

    #[test]
    fn time_never_goes_back() {
        let mut clock = Clock::manual(5000).started(0);
        assert!(matches!(clock.set(0, 4999), Err(ClockError::Backwards { .. })));
        assert_eq!(clock.set(0, 6000), Ok(()));
        assert_eq!(clock.now(0), 6000);
    }

    #[test]
    fn clocks_are_named_on_the_command_line() {
        assert_eq!("real".parse(), Ok(Clock::real()));
        assert_eq!("scaled:60".parse(), Ok(Clock::scaled(60.0)));
        assert_eq!("manual:1970-01-01T00:00:05Z".parse(), Ok(Clock::manual(5000)));
        for wrong in ["", "fast", "scaled:", "scaled:0", "scaled:-1", "scaled:NaN", "manual:soon"] {
            assert!(wrong.parse::<Clock>().is_err(), "{wrong}");
        }
    }
}
