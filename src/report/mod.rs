//! The same answer as text and as a web page. Computes nothing.

mod chart;
mod document;
mod html;
mod text;

pub use document::{Document, LeakLine, SamplePoint};
pub use html::html;
pub use text::{comparison_text, sampling_text, suspect_text};
