package driveline;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jsmpp.SMPPConstant;
import org.jsmpp.bean.DataCodings;
import org.jsmpp.bean.DeliveryReceipt;
import org.jsmpp.bean.ESMClass;
import org.jsmpp.bean.InterfaceVersion;
import org.jsmpp.bean.NumberingPlanIndicator;
import org.jsmpp.bean.OptionalParameter;
import org.jsmpp.bean.RegisteredDelivery;
import org.jsmpp.bean.SMSCDeliveryReceipt;
import org.jsmpp.bean.SubmitMulti;
import org.jsmpp.bean.SubmitSm;
import org.jsmpp.bean.TypeOfNumber;
import org.jsmpp.examples.SMPPServerSimulator;
import org.jsmpp.extra.ProcessRequestException;
import org.jsmpp.session.BindRequest;
import org.jsmpp.session.SMPPServerSession;
import org.jsmpp.session.SMPPServerSessionListener;
import org.jsmpp.session.SubmitMultiResult;
import org.jsmpp.session.SubmitSmResult;
import org.jsmpp.session.connection.ServerConnection;
import org.jsmpp.session.connection.ServerConnectionFactory;
import org.jsmpp.session.connection.socket.ServerSocketConnection;
import org.jsmpp.util.DeliveryReceiptState;
import org.jsmpp.util.MessageId;
import org.jsmpp.util.MessageIDGenerator;
import org.jsmpp.util.RandomMessageIDGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** jsmpp's simulator of an SMS centre with what it lacks: texts that can be read, phones that answer, several clients at once. */
public final class Centre extends SMPPServerSimulator {
    private static final Logger LOG = LoggerFactory.getLogger(Centre.class);
    private static final int BIND_WITHIN_MS = 5_000;
    private static final int ANSWER_WITHIN_MS = 5_000;
    private static final int LOOK_AFTER_MS = 30_000; // a session without traffic is asked whether it is there
    private static final int AT_ONCE = 10; // requests of one session
    private static final int WAITING = 10_000; // of its requests, before it is told to send more slowly
    private static final int RECEIPT_AFTER_MS = 300;

    final Phones phones = new Phones();
    final Inbound inbound = new Inbound(this);
    private final String host;
    private final int port;
    private final String systemId;
    private final String password;
    private final List<SMPPServerSession> sessions = new CopyOnWriteArrayList<>();
    private final ExecutorService binding = Executors.newCachedThreadPool();
    private final ScheduledExecutorService later = Executors.newScheduledThreadPool(AT_ONCE);
    private final MessageIDGenerator ids = new RandomMessageIDGenerator();

    private Centre(String host, int port, String systemId, String password) {
        super(false, port, systemId, password);
        this.host = host;
        this.port = port;
        this.systemId = systemId;
        this.password = password;
    }

    public static void main(String[] arguments) {
        String host = System.getProperty("driveline.host", "127.0.0.1");
        Centre centre = new Centre(host, Integer.getInteger("jsmpp.simulator.port", 2775),
                System.getProperty("jsmpp.client.systemId", "j"), System.getProperty("jsmpp.client.password", "jpwd"));
        try {
            Door.open(centre, host, Integer.getInteger("driveline.api.port", 8088));
            centre.listen();
        } catch (IOException | RuntimeException error) {
            LOG.error("ERROR: the SMS centre can't listen on {}: {}", host, error.getMessage());
        }
        System.exit(1); // it listens until it is stopped, or could not
    }

    private void listen() throws IOException {
        try (SMPPServerSessionListener listener = new SMPPServerSessionListener(port, new OneAddress())) {
            listener.setPduProcessorDegree(AT_ONCE);
            listener.setQueueCapacity(WAITING);
            LOG.info("Listening on {}:{}", host, port);
            while (true) {
                SMPPServerSession session = listener.accept();
                session.setMessageReceiverListener(this);
                session.setResponseDeliveryListener(this);
                session.setTransactionTimer(ANSWER_WITHIN_MS);
                session.setEnquireLinkTimer(LOOK_AFTER_MS);
                binding.execute(() -> bind(session));
            }
        }
    }

    private void bind(SMPPServerSession session) {
        try {
            BindRequest request = session.waitForBind(BIND_WITHIN_MS);
            if (!systemId.equals(request.getSystemId())) {
                request.reject(SMPPConstant.STAT_ESME_RINVSYSID);
            } else if (!password.equals(request.getPassword())) {
                request.reject(SMPPConstant.STAT_ESME_RINVPASWD);
            } else {
                request.accept("sys", InterfaceVersion.IF_34);
                sessions.add(0, session);
                LOG.info("{} is bound: {}", session.getSessionId(), session.getSessionState());
                return;
            }
        } catch (Exception error) { // a probe that only looks whether somebody listens ends here as well
            LOG.debug("No bind: {}", error.getMessage());
        }
        session.close();
    }

    /** Who can take a message now, the newest first: an old one may be a connection whose client is dead. */
    List<SMPPServerSession> receivers() {
        sessions.removeIf(session -> !session.getSessionState().isBound());
        return sessions.stream().filter(session -> session.getSessionState().isReceivable()).toList();
    }

    @Override
    public SubmitSmResult onAcceptSubmitSm(SubmitSm submit, SMPPServerSession session) throws ProcessRequestException {
        Phones.Manner manner = phones.manner(submit.getDestAddress());
        if (manner.refusal() != 0) {
            throw new ProcessRequestException("as this phone was told", manner.refusal());
        }
        MessageId id = ids.newMessageId();
        phones.receive(id.getValue(), submit, manner.receipt());
        LOG.info("submit_sm to {}: message id {}", submit.getDestAddress(), id);
        if (manner.silent()) {
            waitForEnd(session);
            throw new ProcessRequestException("as this phone was told", SMPPConstant.STAT_ESME_RSYSERR);
        }
        boolean delivered = manner.receipt().equals(Phones.DELIVERED);
        byte wish = submit.getRegisteredDelivery();
        if (SMSCDeliveryReceipt.SUCCESS_FAILURE.containedIn(wish)
                || !delivered && SMSCDeliveryReceipt.FAILURE.containedIn(wish)) {
            later.schedule(() -> receipt(submit, id, manner.receipt(), session), RECEIPT_AFTER_MS, TimeUnit.MILLISECONDS);
        }
        return new SubmitSmResult(id, new OptionalParameter[0]);
    }

    @Override
    public SubmitMultiResult onAcceptSubmitMulti(SubmitMulti submit, SMPPServerSession session)
            throws ProcessRequestException {
        throw new ProcessRequestException("submit_multi is not for phones here", SMPPConstant.STAT_ESME_RINVCMDID);
    }

    /** To the session that submitted, or nobody; its id is the decimal form of the submit's hexadecimal one, as the simulator has it. */
    private void receipt(SubmitSm submit, MessageId id, String state, SMPPServerSession session) {
        boolean delivered = state.equals(Phones.DELIVERED);
        Date now = new Date();
        DeliveryReceipt receipt = new DeliveryReceipt(String.valueOf(Integer.valueOf(id.getValue(), 16)), 1,
                delivered ? 1 : 0, now, now, DeliveryReceiptState.getByName(state), delivered ? "000" : "001", "");
        try {
            session.deliverShortMessage("", TypeOfNumber.valueOf(submit.getDestAddrTon()),
                    NumberingPlanIndicator.valueOf(submit.getDestAddrNpi()), submit.getDestAddress(),
                    TypeOfNumber.valueOf(submit.getSourceAddrTon()),
                    NumberingPlanIndicator.valueOf(submit.getSourceAddrNpi()), submit.getSourceAddr(),
                    new ESMClass(SMPPConstant.ESMCLS_SMSC_DELIV_RECEIPT), (byte) 0, (byte) 0, new RegisteredDelivery(0),
                    DataCodings.ZERO, receipt.toString().getBytes());
        } catch (Exception error) {
            LOG.info("No receipt for {}: {}", id, error.getMessage());
        }
    }

    private static void waitForEnd(SMPPServerSession session) {
        try {
            while (session.getSessionState().isBound()) {
                Thread.sleep(100);
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** The library listens on every interface of the machine; this does on one. */
    private final class OneAddress implements ServerConnectionFactory {
        @Override
        public ServerConnection listen(int port) throws IOException {
            return listen(port, 0, 50);
        }

        @Override
        public ServerConnection listen(int port, int timeout) throws IOException {
            return listen(port, timeout, 50);
        }

        @Override
        public ServerConnection listen(int port, int timeout, int backlog) throws IOException {
            ServerSocket socket = new ServerSocket(port, backlog, InetAddress.getByName(host));
            socket.setSoTimeout(timeout);
            return new ServerSocketConnection(socket);
        }
    }
}
