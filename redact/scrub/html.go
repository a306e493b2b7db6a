package scrub

import (
	"bytes"
	"html"
	"io"
)

// htmlWriter scrubs the text and the attribute values of HTML.
type htmlWriter struct {
	values
	state  byte
	quote  byte   // around the attribute value being read, 0 for none
	tag    []byte // name of the tag being read, in lower case
	attr   []byte // name of the attribute being read
	closes bool   // the tag is a closing one
	until  []byte // what ends raw text or a comment
	tail   []byte // the last bytes of raw text, up to maxUntil
	last   []byte // the end of the text before, which may announce the next
}

const maxUntil = 16

// States of an htmlWriter, after section 13.2.5 of the HTML standard, as far as they matter here.
const (
	htmlText        byte = iota
	htmlOpen             // after "<"
	htmlTagName          // in the name of a tag
	htmlInTag            // between attributes
	htmlAttrName         // in the name of an attribute
	htmlBeforeValue      // after "="
	htmlValue            // in the value of an attribute
	htmlMarkup           // after "<!" or "<?"
	htmlRaw              // in a comment, a declaration, a script or a style sheet, until w.until
)

// NewHTMLWriter returns a writer to w that scrubs HTML as one document: text, and the values of attributes. Character references are decoded
// before the search; text in which something is found is escaped anew, any other is written as it came. Names of tags and attributes stay. The
// name of an attribute announces its value, and the end of one text the next, as the word "phone" before a number does.
//
// Comments, declarations, scripts and style sheets are searched as they are, without decoding: a program in which something was replaced may
// not run any more. A value that markup interrupts, as in "514-<b>555</b>-0123", is searched piece by piece, and of a text or a value
// of more than 1 MiB nothing is written but "[WITHHELD]".
//
// Malformed HTML is read as browsers read it. The writer is for one goroutine at a time; Close writes the rest and does not close w.
func NewHTMLWriter(w io.Writer, s *Scrubber) io.WriteCloser {
	return &htmlWriter{values: newValues(w, s)}
}

func (h *htmlWriter) Write(p []byte) (int, error) { return h.feed(p, h.step) }

func (h *htmlWriter) Close() error {
	return h.close(func() {
		switch h.state {
		case htmlOpen:
			h.keep('<')
			h.endText()
		case htmlText:
			h.endText()
		case htmlValue:
			h.endValue()
		case htmlRaw, htmlMarkup:
			h.endRaw()
		}
	})
}

func (h *htmlWriter) step(c byte) {
	switch h.state {
	case htmlText:
		if c == '<' {
			h.state = htmlOpen
			return
		}
		h.keep(c)
	case htmlOpen:
		h.open(c)
	case htmlTagName:
		switch {
		case c == '>' || c == '/' || isHTMLSpace(c):
			h.inTag(c)
		default:
			if len(h.tag) < 16 {
				h.tag = append(h.tag, c|0x20)
			}
			h.pass(c)
		}
	case htmlInTag:
		h.inTag(c)
	case htmlAttrName:
		switch {
		case c == '=':
			h.pass(c)
			h.state = htmlBeforeValue
		case c == '>' || c == '/' || isHTMLSpace(c):
			h.inTag(c)
		default:
			if len(h.attr) < maxBefore {
				h.attr = append(h.attr, c)
			}
			h.pass(c)
		}
	case htmlBeforeValue:
		switch {
		case isHTMLSpace(c):
			h.pass(c)
		case c == '>':
			h.inTag(c)
		case c == '"' || c == '\'':
			h.pass(c)
			h.quote, h.state = c, htmlValue
		default:
			h.quote, h.state = 0, htmlValue
			h.keep(c)
		}
	case htmlValue:
		switch {
		case h.quote != 0 && c == h.quote:
			h.endValue()
			h.pass(c)
			h.state = htmlInTag
		case h.quote == 0 && (c == '>' || isHTMLSpace(c)):
			h.endValue()
			h.inTag(c)
		default:
			h.keep(c)
		}
	case htmlMarkup:
		h.keep(c)
		switch {
		case bytes.Equal(h.raw, []byte("--")):
			h.buf = append(h.buf, h.raw...)
			h.raw = h.raw[:0]
			h.untilRaw("-->")
		case c == '>':
			h.raw = h.raw[:len(h.raw)-1]
			h.endRaw()
			h.pass(c)
			h.state = htmlText
		case !bytes.Equal(h.raw, []byte("-")):
			h.untilRaw(">")
		}
	case htmlRaw:
		h.rawByte(c)
	}
}

// untilRaw begins raw text.
func (h *htmlWriter) untilRaw(end string) {
	h.until, h.tail, h.state = append(h.until[:0], end...), h.tail[:0], htmlRaw
}

// open takes in the byte after "<".
func (h *htmlWriter) open(c byte) {
	switch {
	case isLetter(c) || c == '/':
		h.endText()
		h.buf = append(h.buf, '<', c)
		h.tag, h.closes = h.tag[:0], c == '/'
		if c != '/' {
			h.tag = append(h.tag, c|0x20)
		}
		h.state = htmlTagName
	case c == '!' || c == '?':
		h.endText()
		h.buf = append(h.buf, '<', c)
		h.state = htmlMarkup
		if c == '?' {
			h.untilRaw(">")
		}
	case c == '<':
		h.keep('<')
	default:
		h.keep('<')
		h.keep(c)
		h.state = htmlText
	}
}

// inTag takes in a byte between attributes, or after the last.
func (h *htmlWriter) inTag(c byte) {
	h.pass(c)
	switch {
	case c == '>':
		h.state = htmlText
		if name := string(h.tag); !h.closes && (name == "script" || name == "style") {
			h.untilRaw("</" + name)
		}
	case c == '/' || isHTMLSpace(c):
		h.state = htmlInTag
	default:
		h.attr = append(h.attr[:0], c)
		h.state = htmlAttrName
	}
}

func isHTMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }

// rawByte takes in a byte of raw text, and ends the text if what ends it has come.
func (h *htmlWriter) rawByte(c byte) {
	h.keep(c)
	if len(h.tail) == maxUntil {
		copy(h.tail, h.tail[1:])
		h.tail = h.tail[:maxUntil-1]
	}
	h.tail = append(h.tail, c)
	n := len(h.tail) - len(h.until)
	if n < 0 || !bytes.EqualFold(h.tail[n:], h.until) {
		return
	}
	end := bytes.Clone(h.tail[n:])
	if !h.long {
		h.raw = h.raw[:len(h.raw)-len(end)]
	}
	h.endRaw()
	h.buf = append(h.buf, end...)
	h.state = htmlText
	if end[0] == '<' { // the closing tag of a script or style sheet
		h.tag, h.closes, h.state = h.tag[:0], true, htmlTagName
	}
}

func (h *htmlWriter) endRaw() {
	h.announce(nil)
	same := func(raw []byte) []byte { return raw }
	h.end(same, func(dst, text []byte) []byte { return append(dst, text...) })
}

func (h *htmlWriter) endText() {
	if len(h.raw) == 0 {
		return
	}
	h.before = append(h.before[:0], h.last...)
	h.last = append(h.last[:0], bytes.TrimSpace(h.raw[max(0, len(h.raw)-maxBefore):])...)
	h.end(unescapeHTML, func(dst, text []byte) []byte { return append(dst, html.EscapeString(string(text))...) })
}

func (h *htmlWriter) endValue() {
	h.announce(h.attr)
	h.end(unescapeHTML, func(dst, text []byte) []byte { return append(dst, html.EscapeString(string(text))...) })
}

func unescapeHTML(raw []byte) []byte { return []byte(html.UnescapeString(string(raw))) }
