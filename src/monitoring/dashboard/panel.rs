//! One panel: what it asks, and how Grafana draws the answers.

use serde_json::{Value, json};

/// How the answers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// One number.
    Number,
    /// Lines over time.
    Lines,
    /// Bars on top of each other over time, for what is counted.
    Bars,
    /// States over time, a line for each series.
    States,
    /// A row for each series, a column for each question.
    Table,
}

impl Drawing {
    const fn kind(self) -> &'static str {
        match self {
            Self::Number => "stat",
            Self::Lines | Self::Bars => "timeseries",
            Self::States => "state-timeline",
            Self::Table => "table",
        }
    }

    /// Whether only the latest answer is asked for.
    const fn is_instant(self) -> bool {
        matches!(self, Self::Number | Self::Table)
    }
}

/// What colours say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// As it should be.
    Green,
    /// Somebody should look, in working hours.
    Orange,
    /// Somebody should look now.
    Red,
    /// Worth a thought.
    Blue,
    /// Nothing to say.
    Grey,
}

impl Color {
    /// Grafana's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Orange => "orange",
            Self::Red => "red",
            Self::Blue => "blue",
            Self::Grey => "text",
        }
    }
}

/// A panel.
#[derive(Clone, Debug)]
pub struct Panel {
    title: &'static str,
    description: &'static str,
    drawing: Drawing,
    unit: &'static str,
    width: u16,
    height: u16,
    questions: Vec<(String, String)>,
    steps: Vec<(Option<f64>, Color)>,
    max: Option<f64>,
    words: Vec<(f64, &'static str, Color)>,
    overrides: Vec<Value>,
    transformations: Vec<Value>,
}

impl Panel {
    /// An empty panel. `unit` is one of Grafana's, for instance `percentunit`; `description` says what a bad sign looks like.
    pub fn new(drawing: Drawing, title: &'static str, unit: &'static str, description: &'static str) -> Self {
        let (width, height) = match drawing {
            Drawing::Number => (3, 4),
            Drawing::Lines | Drawing::Bars => (8, 8),
            Drawing::States => (12, 8),
            Drawing::Table => (24, 9),
        };
        Self {
            title,
            description,
            drawing,
            unit,
            width,
            height,
            questions: Vec::new(),
            steps: vec![(None, Color::Grey)],
            max: None,
            words: Vec::new(),
            overrides: Vec::new(),
            transformations: Vec::new(),
        }
    }

    /// Another size than usual, in columns, of which there are 24, and lines of the grid.
    pub const fn sized(mut self, columns: u16, lines: u16) -> Self {
        self.width = columns;
        self.height = lines;
        self
    }

    /// One more question, with the name that its answers have.
    pub fn ask(mut self, expr: impl Into<String>, legend: impl Into<String>) -> Self {
        self.questions.push((expr.into(), legend.into()));
        self
    }

    /// The colour of what is fine, and of what is at least so much.
    pub fn from(mut self, fine: Color, steps: &[(f64, Color)]) -> Self {
        self.steps = vec![(None, fine)];
        self.steps.extend(steps.iter().map(|(at, color)| (Some(*at), *color)));
        self
    }

    /// What is below `limit` is bad.
    pub fn at_least(self, limit: f64, bad: Color) -> Self {
        self.from(bad, &[(limit, Color::Green)])
    }

    /// The top of the scale, for shares.
    pub const fn up_to(mut self, max: f64) -> Self {
        self.max = Some(max);
        self
    }

    /// Words and colours for values.
    pub fn say(mut self, words: &[(f64, &'static str, Color)]) -> Self {
        self.words = words.to_vec();
        self
    }

    /// What is different for some columns or series.
    pub fn overridden(mut self, overrides: Vec<Value>) -> Self {
        self.overrides = overrides;
        self
    }

    /// What is done to the answers before they are drawn.
    pub fn transformed(mut self, transformations: Vec<Value>) -> Self {
        self.transformations = transformations;
        self
    }

    /// Columns and lines of the grid that it takes.
    pub const fn size(&self) -> (u16, u16) {
        (self.width, self.height)
    }

    /// The panel at a place of the grid.
    pub fn json(&self, id: usize, x: u16, y: u16) -> Value {
        json!({
            "id": id,
            "type": self.drawing.kind(),
            "title": self.title,
            "description": self.description,
            "datasource": super::DATASOURCE.json(),
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": self.defaults(), "overrides": self.overrides},
            "options": self.options(),
            "targets": self.targets(),
            "transformations": self.transformations,
        })
    }

    fn targets(&self) -> Vec<Value> {
        let targets = self.questions.iter().zip('A'..);
        targets
            .map(|((expr, legend), letter)| {
                json!({
                    "refId": letter.to_string(),
                    "datasource": super::DATASOURCE.json(),
                    "editorMode": "code",
                    "expr": expr,
                    "legendFormat": legend,
                    "format": if self.drawing == Drawing::Table { "table" } else { "time_series" },
                    "instant": self.drawing.is_instant(),
                    "range": !self.drawing.is_instant(),
                })
            })
            .collect()
    }

    fn defaults(&self) -> Value {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|(at, color)| json!({"value": at, "color": color.as_str()}))
            .collect();
        let mut defaults = json!({
            "unit": self.unit,
            "color": {"mode": if matches!(self.drawing, Drawing::Lines | Drawing::Bars) { "palette-classic" } else { "thresholds" }},
            "thresholds": {"mode": "absolute", "steps": steps},
            "custom": self.custom(),
        });
        if matches!(self.drawing, Drawing::Lines | Drawing::Bars) {
            defaults["min"] = json!(0);
        }
        if let Some(max) = self.max {
            defaults["max"] = json!(max);
        }
        if !self.words.is_empty() {
            let words = self.words.iter().zip(0..).map(|((value, text, color), index)| {
                let result = json!({"text": text, "color": color.as_str(), "index": index});
                (value.to_string(), result)
            });
            let words: serde_json::Map<_, _> = words.collect();
            defaults["mappings"] = json!([{"type": "value", "options": words}]);
        }
        defaults
    }

    fn custom(&self) -> Value {
        let marked = if self.steps.len() > 1 { "dashed" } else { "off" };
        match self.drawing {
            Drawing::Number => json!({}),
            Drawing::Lines => json!({
                "drawStyle": "line", "lineWidth": 1, "fillOpacity": 8, "showPoints": "never", "spanNulls": false,
                "thresholdsStyle": {"mode": marked},
            }),
            Drawing::Bars => json!({
                "drawStyle": "bars", "lineWidth": 1, "fillOpacity": 60, "showPoints": "never", "stacking": {"mode": "normal", "group": "A"},
                "thresholdsStyle": {"mode": marked},
            }),
            Drawing::States => json!({"lineWidth": 0, "fillOpacity": 80}),
            Drawing::Table => json!({"align": "auto", "filterable": true}),
        }
    }

    fn options(&self) -> Value {
        match self.drawing {
            Drawing::Number => json!({
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
                "colorMode": "background", "graphMode": "none", "justifyMode": "auto", "textMode": "value", "orientation": "auto",
            }),
            Drawing::Lines | Drawing::Bars => json!({
                "legend": {"displayMode": "table", "placement": "bottom", "showLegend": true, "calcs": ["lastNotNull", "max"]},
                "tooltip": {"mode": "multi", "sort": "desc"},
            }),
            Drawing::States => json!({
                "showValue": "never", "rowHeight": 0.8, "mergeValues": true,
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
                "tooltip": {"mode": "single", "sort": "none"},
            }),
            Drawing::Table => json!({"showHeader": true, "cellHeight": "sm"}),
        }
    }
}
