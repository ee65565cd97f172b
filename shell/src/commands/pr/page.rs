//! One page after the other: gathering its lines, and printing them between head and foot.

use alloc::{format, vec, vec::Vec};
use bstr::ByteSlice;

use super::{Fill, Input, Next, Plan, layout::Line};
use crate::io::{Ended, Output};

pub(super) struct Pages<'a, 'p> {
    plan: &'a Plan<'p>,
    inputs: Vec<Input<'p>>,
    /// Which of the inputs have more.
    open: Vec<bool>,
    number: u64,
}

/// The lines of a page, by columns; with the number of the first of each.
struct Page {
    columns: Vec<Vec<(u64, Vec<u8>)>>,
    /// It was ended by a form feed.
    fed: bool,
}

impl<'a, 'p> Pages<'a, 'p> {
    pub fn new(plan: &'a Plan<'p>, inputs: Vec<Input<'p>>) -> Self {
        let open = vec![true; inputs.len()];
        Self { plan, inputs, open, number: plan.first_number }
    }

    /// Prints all pages; the status.
    pub async fn print(mut self, out: &mut Output<'_>) -> Result<u8, Ended> {
        let mut number = 0;
        while let Some(page) = self.gather().await? {
            number += 1;
            if number > self.plan.last {
                break;
            }
            if number >= self.plan.first {
                self.page(&page, number, out).await?;
            }
            self.plan.p.sys.yield_now().await;
        }
        Ok(self.inputs.iter().map(|input| input.status).max().unwrap_or(0))
    }

    /// The next page; nothing when there is no more.
    async fn gather(&mut self) -> Result<Option<Page>, Ended> {
        let plan = self.plan;
        let mut page = Page { columns: vec![Vec::new(); plan.columns], fed: false };
        if !self.open.contains(&true) {
            return Ok(None);
        }
        if plan.fill == Fill::Merge {
            for index in 0..self.inputs.len() {
                page.columns[index] = self.lines(index, plan.body, &mut page.fed).await?;
            }
            let rows = page.columns.iter().map(Vec::len).max().unwrap_or(0);
            // The lines of the page are numbered, whichever file they are of.
            for column in &mut page.columns {
                column.iter_mut().zip(self.number..).for_each(|((number, _), at)| *number = at);
            }
            self.number += rows as u64;
        } else {
            let mut lines = self.lines(0, plan.body * plan.columns, &mut page.fed).await?;
            lines.iter_mut().zip(self.number..).for_each(|((number, _), at)| *number = at);
            self.number += lines.len() as u64;
            let (count, columns) = (lines.len(), plan.columns);
            let mut lines = lines.into_iter();
            match plan.fill {
                Fill::Across => lines.enumerate().for_each(|(at, line)| page.columns[at % columns].push(line)),
                // All columns are of one length, as far as that goes.
                _ => page.columns.iter_mut().enumerate().for_each(|(at, column)| {
                    column.extend(lines.by_ref().take(count / columns + usize::from(at < count % columns)));
                }),
            }
        }
        let empty = page.columns.iter().all(Vec::is_empty);
        Ok((!empty || page.fed).then_some(page))
    }

    async fn lines(&mut self, index: usize, most: usize, fed: &mut bool) -> Result<Vec<(u64, Vec<u8>)>, Ended> {
        let mut lines = Vec::new();
        while self.open[index] && lines.len() < most {
            let (line, next) = self.inputs[index].next().await?;
            lines.extend(line.map(|line| (0, line)));
            match next {
                Next::Line => {}
                Next::End => self.open[index] = false,
                Next::Page => {
                    *fed = true;
                    break;
                }
            }
        }
        Ok(lines)
    }

    async fn page(&self, page: &Page, number: u64, out: &mut Output<'_>) -> Result<(), Ended> {
        let plan = self.plan;
        let rows = page.columns.iter().map(Vec::len).max().unwrap_or(0);
        if plan.heads {
            self.head(number, out);
        }
        for row in 0..rows {
            let mut line = self.row(page, row);
            line.bytes.push(b'\n');
            out.push(&line.bytes);
            if plan.doubles {
                out.push(b"\n");
            }
            out.settle().await?;
        }
        if plan.heads {
            let used = rows * (1 + usize::from(plan.doubles));
            let whole = plan.body * (1 + usize::from(plan.doubles));
            match plan.feeds {
                true => out.push(b"\x0c"),
                false => out.push(&vec![b'\n'; whole.saturating_sub(used) + plan.footer]),
            }
        } else if plan.keeps_feeds && page.fed {
            out.push(b"\x0c");
        }
        out.settle().await
    }

    fn head(&self, number: u64, out: &mut Output<'_>) {
        let plan = self.plan;
        let first = &self.inputs[0];
        let name = match (&plan.head, plan.fill) {
            (Some(head), _) => head.as_bstr(),
            (None, Fill::Merge) => b"".as_bstr(),
            (None, _) => first.name.as_bstr(),
        };
        let page = format!("Page {number}");
        let left = plan.width.saturating_sub(first.date.chars().count() + name.chars().count() + page.len());
        let margin = vec![b' '; plan.margin];
        let (before, after) = (vec![b' '; (left / 2).max(1)], vec![b' '; (left - left / 2).max(1)]);
        out.push(&margin);
        out.push(b"\n\n");
        for part in [&margin, first.date.as_bytes(), &before, name, &after, page.as_bytes(), b"\n\n\n"] {
            out.push(part);
        }
    }

    /// One line of the page.
    fn row(&self, page: &Page, row: usize) -> Line {
        let plan = self.plan;
        let mut line = Line::new(plan.tabs);
        line.pad_to(plan.margin);
        let mut start = plan.margin;
        if plan.fill == Fill::Merge {
            let number = page.columns.iter().find_map(|column| column.get(row)).map_or(0, |(number, _)| *number);
            start += plan.number(&mut line, number);
        }
        // A file that has ended leaves its column empty.
        let last = match plan.fill {
            Fill::Merge => page.columns.len() - 1,
            _ => page.columns.iter().rposition(|column| column.len() > row).unwrap_or(0),
        };
        for (index, column) in page.columns.iter().enumerate().take(last + 1) {
            if index > 0 {
                if plan.aligns {
                    line.pad_to(start);
                }
                plan.separator.iter().for_each(|&byte| line.put(byte));
                line.settle();
                start += plan.separator.chars().count();
            }
            if let Some((number, text)) = column.get(row) {
                let used = match plan.fill {
                    Fill::Merge => 0,
                    _ => plan.number(&mut line, *number),
                };
                plan.text(&mut line, text, used);
            }
            start += plan.column_width;
        }
        line
    }
}
