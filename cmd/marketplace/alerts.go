package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"marketplace/platform/alert"
	"marketplace/platform/kibana"
)

// alertsCommand writes the table of the alert rules, with the limits of the configuration, in several forms.
func alertsCommand(s *settings) *cobra.Command {
	alerts := group("alerts", "Write the rules of which an operator is told")
	form := func(use, about string, write func([]alert.Rule) (string, error)) *cobra.Command {
		return &cobra.Command{Use: use, Short: about, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
			return s.run(c, func(_ context.Context, p process) error {
				rules, err := alert.With(p.config.Alerts.Limits)
				if err != nil {
					return err
				}
				text, err := write(rules)
				p.out.Print(text)
				return err
			})
		}}
	}
	alerts.AddCommand(
		form("list", "The rules, and when each fires", func(rules []alert.Rule) (string, error) {
			var b strings.Builder
			for _, r := range rules {
				fmt.Fprintf(&b, "%-26s %-8s %s: %s\n", r.Name, r.Severity, r.SayLimit(), r.Title)
			}
			return b.String(), nil
		}),
		form("prometheus", "The same rules as a rule file for Prometheus", func(rules []alert.Rule) (string, error) { return alert.PrometheusRules(rules), nil }),
		form("grafana", "A dashboard for Grafana", alert.GrafanaDashboard),
	)
	return alerts
}

// elasticSetup is what the command line says.
type elasticSetup struct {
	elasticsearch, kibana, keyFile, loginFile, webhook string
	appDays, auditDays                                 int
}

// elasticCommand prepares Elasticsearch and Kibana.
func elasticCommand(s *settings) *cobra.Command {
	elastic := group("elastic", "Prepare Elasticsearch and Kibana for the log")
	var e elasticSetup
	setup := &cobra.Command{
		Use: "setup", Short: "Install index templates with retention, data view, searches, dashboards and alert rules; again and again without harm", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, e.run) },
	}
	f := setup.Flags()
	f.StringVar(&e.elasticsearch, "elasticsearch", "", "http(s)://host:9200 (default elasticsearch.url)")
	f.StringVar(&e.kibana, "kibana", "", "http(s)://host:5601")
	f.StringVar(&e.keyFile, "key-file", "", "file with the encoded API key of somebody who may manage templates, objects and rules")
	f.StringVar(&e.loginFile, "login-file", "", "file with user:password, instead of a key")
	f.StringVar(&e.webhook, "webhook", "", "where Kibana posts alerts to; alerts.mail gets them by mail.smtp")
	f.IntVar(&e.appDays, "app-days", 30, "how long the log is kept")
	f.IntVar(&e.auditDays, "audit-days", 400, "how long the record of audit is kept")
	objects := &cobra.Command{Use: "objects", Short: "Write the saved objects as NDJSON, for an import by hand", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		text, err := kibana.NDJSON()
		c.Print(string(text))
		return err
	}}
	elastic.AddCommand(setup, objects)
	return elastic
}

func (e elasticSetup) run(ctx context.Context, p process) error {
	rules, err := alert.With(p.config.Alerts.Limits)
	if err != nil {
		return err
	}
	o := kibana.Options{Elasticsearch: e.elasticsearch, Kibana: e.kibana, AppDays: e.appDays, AuditDays: e.auditDays, Webhook: e.webhook, Rules: rules,
		Say: func(what string) { p.out.Printf("Installed: %s.\n", what) }}
	if o.Elasticsearch == "" {
		o.Elasticsearch = p.config.Elastic.URL
	}
	for name, into := range map[string]*string{e.keyFile: &o.APIKey, e.loginFile: &o.Login} {
		if name == "" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		*into = strings.TrimSpace(string(text))
	}
	if o.APIKey == "" && o.Login == "" {
		return errors.New("say who installs it: --key-file or --login-file")
	}
	mail, err := p.kibanaMail()
	if err != nil {
		return err
	}
	return kibana.Setup(ctx, o, mail)
}

// kibanaMail lets Kibana send mail by the marketplace's own server; nil without one, or without anybody to write to.
func (p process) kibanaMail() (*kibana.Mail, error) {
	if len(p.config.Alerts.Mail) == 0 || p.config.Mail.SMTP == "" {
		return nil, nil
	}
	u, err := url.Parse(p.config.Mail.SMTP)
	if err != nil {
		return nil, errors.New("mail.smtp cannot be read") // without the password in it
	}
	m := &kibana.Mail{To: p.config.Alerts.Mail, From: p.config.Mail.From, Host: u.Hostname(), Secure: u.Scheme == "smtps", User: u.User.Username()}
	m.Word, _ = u.User.Password()
	m.Port = map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if port := u.Port(); port != "" {
		m.Port, err = strconv.Atoi(port)
	}
	return m, err
}
