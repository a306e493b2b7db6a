package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"

	"github.com/purposebound/purposebound/pii"
	"github.com/purposebound/purposebound/purpose"
)

// auditFile is the audit as one JSON object a line, appended to a file. It is as durable as an append to a file is: it
// survives this program, not a power cut. A service that must answer for every access sends it to another machine.
type auditFile struct {
	pii.Auditor
	file  *os.File
	start int64 // where this run's entries begin
}

func openAudit(path string) (*auditFile, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	// Any slog.Handler will do. If it fails, the access is denied.
	return &auditFile{Auditor: pii.SlogAudit(slog.New(slog.NewJSONHandler(f, nil))), file: f, start: info.Size()}, nil
}

// Record hands the entry to the embedded auditor. A nil file records nothing, and so denies.
func (a *auditFile) Record(ctx context.Context, entry pii.Access) error {
	if a == nil {
		return purpose.AuditUnavailable
	}
	return a.Auditor.Record(ctx, entry)
}

func (a *auditFile) Close() error { return a.file.Close() }

// tally is what the audit says was opened and refused.
type tally struct {
	entries int
	opened  int
	denied  map[string]int // by reason
}

// tally reads the audit back, from the beginning or from where this run began.
func (a *auditFile) tally(from int64) (tally, error) {
	t := tally{denied: make(map[string]int)}
	lines := bufio.NewReader(io.NewSectionReader(a.file, from, 1<<62))
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var entry struct {
				Operation, Attribute, Reason string
				Count                        int
			}
			if json.Unmarshal(line, &entry) == nil { // a line that a crash cut short says nothing
				t.entries++
				switch {
				case entry.Reason != purpose.Permitted.String():
					t.denied[entry.Reason] += entry.Count
				case entry.Operation == purpose.Use.String():
					t.opened += entry.Count
				}
			}
		}
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return t, err
		}
	}
}
