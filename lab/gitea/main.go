// Command gitea is the lab's forge: Gitea itself, built without a C compiler. The database
// driver is the pure Go one, registered under the name Gitea asks for.
package main

import (
	"database/sql"
	"os"
	"time"

	"code.gitea.io/gitea/cmd"
	"code.gitea.io/gitea/modules/log"
	_ "code.gitea.io/gitea/modules/markup/markdown"
	"code.gitea.io/gitea/modules/setting"

	"github.com/urfave/cli/v3"
	"modernc.org/sqlite"
)

const version = "1.26.0"

func main() {
	sql.Register("sqlite3", &sqlite.Driver{})
	setting.EnableSQLite3 = true
	setting.SupportedDatabaseTypes = append(setting.SupportedDatabaseTypes, "sqlite3")
	setting.AppVer = version
	setting.AppBuiltWith = " for the lab"
	setting.AppStartTime = time.Now().UTC()
	cli.OsExiter = func(code int) {
		log.GetManager().Close()
		os.Exit(code)
	}
	app := cmd.NewMainApp(cmd.AppVersion{Version: version, Extra: " for the lab"})
	err := cmd.RunMainApp(app, os.Args...)
	log.GetManager().Close()
	if err != nil {
		os.Exit(1)
	}
}
