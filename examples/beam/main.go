// Beam makes the data set of the example analytics out of tables that are larger than a machine: the same values, hierarchies and classes as functions of an
// Apache Beam pipeline.
//
// Without flags it makes invented clients in a directory of its own and runs on Prism, the runner that comes with the Go SDK:
//
//	go run .
//
// On Flink, through the job server of its Beam release, with workers that start this program's binary:
//
//	go run . -runner universal -endpoint localhost:8099 -environment_type LOOPBACK \
//		-driver pgx -dsn "$DATABASE_URL" -kek kek.json -input 'sealed-*.csv' -output release.csv
//
// On Dataflow:
//
//	go run . -runner dataflow -project my-project -region northamerica-northeast1 -staging_location gs://my-bucket/staging \
//		-driver pgx -dsn "$DATABASE_URL" -kek kek.json -input 'gs://my-bucket/sealed-*.csv' -output gs://my-bucket/release.csv
//
// Every worker asks the ledger and the keys itself, for each client at the moment its values are opened; a pipeline that was started before a client withdrew
// leaves that client out. So workers must reach the database, and the key file stands for a key management service.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/textio"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/purposebound/purposebound/examples/internal/study"
)

// options are the program's own flags; the others are Beam's.
type options struct {
	driver, dsn, kek, input, output string
	levels                          Levels
	k, l                            int
}

func (o *options) register(f *flag.FlagSet) {
	f.StringVar(&o.driver, "driver", "sqlite", "driver of the database that has the ledger and the keys")
	f.StringVar(&o.dsn, "dsn", "", "where that database is; empty: invented clients")
	f.StringVar(&o.kek, "kek", "", "file with the key-encryption key")
	f.StringVar(&o.input, "input", "", "files with sealed values")
	f.StringVar(&o.output, "output", "release.csv", "file to write")
	f.IntVar(&o.levels.Age, "age-level", 2, "level of ages: 5, 10 and 20 years, none")
	f.IntVar(&o.levels.Area, "area-level", 2, "level of areas: H2X, H2, H, none")
	f.IntVar(&o.k, "k", 5, "rows that a class has at least")
	f.IntVar(&o.l, "l", 2, "different values that a class has at least")
}

// registerAll tells Beam what workers run; it comes before beam.Init.
func registerAll() {
	register.DoFn3x1[context.Context, string, func(study.Row), error](&valuesFn{})
	register.DoFn1x3[study.Row, string, string, error](&coarseFn{})
	register.DoFn4x1[context.Context, string, func(*string) bool, func(string), error](&classFn{})
	register.Emitter1[study.Row]()
	register.Emitter1[string]()
	register.Iter1[string]()
}

func main() {
	var o options
	o.register(flag.CommandLine)
	flag.Parse()
	registerAll()
	beam.Init()
	if err := run(context.Background(), o); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o options) error {
	if o.k < 2 || o.l < 2 {
		return fmt.Errorf("k and l below 2 protect nobody")
	}
	now := time.Now()
	if o.dsn == "" {
		dir, err := os.MkdirTemp("", "study")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		d, clients, err := makeDemo(ctx, dir, 2000, now)
		if err != nil {
			return err
		}
		if err := withdraw(ctx, d, &clients[0]); err != nil {
			return err
		}
		o.dsn, o.kek, o.input = d.dsn, d.kek, d.input
	}
	if o.output == "release.csv" {
		full, err := filepath.Abs(o.output)
		if err != nil {
			return err
		}
		o.output = full
	}
	p, s := beam.NewPipelineWithRoot()
	out := release(s, textio.Read(s, o.input), valuesFn{Driver: o.driver, DSN: o.dsn, KEK: o.kek, At: now}, o.levels, o.k, o.l)
	textio.Write(s, o.output, out)
	result, err := beamx.RunWithMetrics(ctx, p)
	if err != nil {
		return err
	}
	fmt.Println("written to", o.output)
	for _, c := range result.Metrics().AllMetrics().Counters() {
		if few := int64(o.k); c.Committed < few { // a small count would tell of a person
			fmt.Printf("%s: fewer than %d\n", c.Key.Name, few)
		} else {
			fmt.Printf("%s: %d\n", c.Key.Name, c.Committed)
		}
	}
	return nil
}
