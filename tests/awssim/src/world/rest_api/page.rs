//! Pages of a list: 25 entries unless asked otherwise, at most 500 (AWS-45).

use crate::world::Answer;

use super::errors::bad_request;

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What the previous page answered as `position`; none for the first.
    pub position: Option<String>,
    /// Entries per page, 1 to 500; more is taken as 500.
    pub limit: Option<usize>,
}

/// One page, and where the next begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Paged<T> {
    /// The entries.
    pub items: Vec<T>,
    /// To be sent for the next page; none on the last.
    pub position: Option<String>,
}

impl Page {
    /// Cuts one page out of the whole list.
    ///
    /// # Errors
    /// 400 when the position is none that a page answered.
    pub(super) fn of<T>(&self, all: Vec<T>) -> Answer<Paged<T>> {
        let start = match &self.position {
            None => 0,
            Some(text) => text
                .strip_prefix('p')
                .and_then(|n| n.parse::<usize>().ok())
                .ok_or_else(|| bad_request("Invalid position specified"))?,
        };
        let limit = self.limit.unwrap_or(25).clamp(1, 500);
        let end = start.saturating_add(limit);
        let position = (end < all.len()).then(|| format!("p{end}"));
        Ok(Paged {
            items: all.into_iter().skip(start).take(limit).collect(),
            position,
        })
    }
}
