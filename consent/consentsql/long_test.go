package consentsql_test

import "flag"

var long = flag.Bool("long", false, "run the long fault and fuzz suites")
