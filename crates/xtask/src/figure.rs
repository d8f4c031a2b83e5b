//! Figures: what was measured, beside what it may be.

use std::fmt::{self, Write as _};

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// One of them.
#[derive(Debug, PartialEq)]
pub(crate) struct Figure {
    what: String,
    measured: f64,
    unit: String,
    at_most: Option<f64>,
    at_least: Option<f64>,
}

impl Figure {
    /// The console's weight, in bytes.
    pub(crate) fn weight(bytes: u32) -> Self {
        Self {
            what: "Console, all files as brotli".to_owned(),
            measured: f64::from(bytes) / 1000.0,
            unit: "kB".to_owned(),
            at_most: Some(184.0),
            at_least: None,
        }
    }

    /// Reads a line of JSON.
    pub(crate) fn read(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line).with_context(|| format!("not a figure: {line}"))?;
        let text = |name: &str| Some(value[name].as_str()?.to_owned());
        let figure = || {
            Some(Self {
                what: text("what")?,
                measured: value["measured"].as_f64()?,
                unit: text("unit")?,
                at_most: value["at_most"].as_f64(),
                at_least: value["at_least"].as_f64(),
            })
        };
        figure().with_context(|| format!("not a whole figure: {line}"))
    }

    fn json(&self) -> Value {
        json!({
            "what": self.what,
            "measured": self.measured,
            "unit": self.unit,
            "at_most": self.at_most,
            "at_least": self.at_least,
            "met": self.is_met(),
        })
    }

    /// Whether it is within its budget; none if it has none.
    fn is_met(&self) -> Option<bool> {
        match (self.at_most, self.at_least) {
            (Some(most), _) => Some(self.measured <= most),
            (None, Some(least)) => Some(self.measured >= least),
            (None, None) => None,
        }
    }

    fn cells(&self) -> [String; 4] {
        let with_unit = |number: f64| format!("{} {}", short(number), self.unit);
        let budget = match (self.at_most, self.at_least) {
            (Some(most), _) => format!("≤ {}", with_unit(most)),
            (None, Some(least)) => format!("≥ {}", with_unit(least)),
            (None, None) => String::new(),
        };
        let verdict = self.is_met().map_or("", |met| if met { "met" } else { "**not met**" });
        [self.what.clone(), budget, with_unit(self.measured), verdict.to_owned()]
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.cells().join("  "))
    }
}

/// Three digits that count.
fn short(number: f64) -> String {
    let decimals = match number {
        100.0.. => 0,
        10.0.. => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A table in Markdown.
pub(crate) fn table(figures: &[Figure]) -> String {
    let head = ["what", "budget", "measured", ""].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(figures.iter().map(Figure::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    let mut table = String::new();
    for (at, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(table, "| {cell:width$} ");
        }
        table.push_str("|\n");
        if at == 0 {
            for width in widths {
                let _ = write!(table, "|{}", "-".repeat(width + 2));
            }
            table.push_str("|\n");
        }
    }
    table
}

/// A document for programs.
pub(crate) fn json(figures: &[Figure]) -> String {
    let figures: Vec<Value> = figures.iter().map(Figure::json).collect();
    format!("{:#}\n", Value::from(figures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_its_budget() {
        let lines = [
            r#"{"what":"Wrap a key","measured":0.3149,"unit":"ms","at_most":0.5}"#,
            r#"{"what":"Deliveries","measured":187.5,"unit":"/s","at_most":null,"at_least":200.0}"#,
            r#"{"what":"Memory","measured":61.04,"unit":"MB"}"#,
        ];
        let figures = lines.map(|line| Figure::read(line).unwrap());
        let table = table(&figures);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "| what       | budget   | measured |             |");
        assert_eq!(lines[1], "|------------|----------|----------|-------------|");
        assert_eq!(lines[2], "| Wrap a key | ≤ 0.5 ms | 0.31 ms  | met         |");
        assert_eq!(lines[3], "| Deliveries | ≥ 200 /s | 188 /s   | **not met** |");
        assert_eq!(lines[4], "| Memory     |          | 61 MB    |             |");
        let document: Value = serde_json::from_str(&json(&figures)).unwrap();
        assert_eq!(
            (&document[0]["met"], &document[1]["met"], &document[2]["met"]),
            (&true.into(), &false.into(), &Value::Null)
        );
    }

    #[test]
    fn what_is_no_figure_is_refused() {
        assert!(Figure::read("running 0 tests").is_err());
        assert!(Figure::read(r#"{"what":"Memory","unit":"MB"}"#).is_err());
    }
}
