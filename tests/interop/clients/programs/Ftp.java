// java Ftp.java HOST PORT TLS MODE USER PASSWORD AUTHORITY FOLDER (OPERATION NAME OTHER)...
import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.commons.net.ftp.FTP;
import org.apache.commons.net.ftp.FTPClient;
import org.apache.commons.net.ftp.FTPFile;
import org.apache.commons.net.ftp.FTPSClient;
import org.apache.commons.net.util.TrustManagerUtils;

public class Ftp {
    static FTPClient ftp;

    static void check(boolean isDone) {
        if (!isDone) throw new IllegalStateException(ftp.getReplyString());
    }

    public static void main(String[] words) throws Exception {
        String tls = words[2], mode = words[3];
        if (tls.equals("off")) {
            ftp = new FTPClient();
        } else {
            FTPSClient secure = new FTPSClient(tls.equals("implicit"));
            secure.setTrustManager(TrustManagerUtils.getAcceptAllTrustManager());
            ftp = secure;
        }
        ftp.setControlEncoding("UTF-8");
        ftp.setUseEPSVwithIPv4(true);
        ftp.setDefaultTimeout(10000);
        ftp.connect(words[0], Integer.parseInt(words[1]));
        check(ftp.login(words[4], words[5]));
        if (ftp instanceof FTPSClient) {
            ((FTPSClient) ftp).execPBSZ(0);
            ((FTPSClient) ftp).execPROT("P");
        }
        if (mode.equals("passive")) ftp.enterLocalPassiveMode();
        ftp.setFileType(FTP.BINARY_FILE_TYPE);
        check(ftp.changeWorkingDirectory(words[7]));
        for (int at = 8; at < words.length; at += 3) perform(words[at], words[at + 1], words[at + 2]);
        ftp.logout();
        ftp.disconnect();
    }

    static void perform(String operation, String name, String other) throws Exception {
        switch (operation) {
            case "list":
                for (FTPFile file : ftp.listFiles()) System.out.println(file.getRawListing());
                break;
            case "resume_download":
                ftp.setRestartOffset(new File(other).length());
                try (OutputStream out = new FileOutputStream(other, true)) {
                    check(ftp.retrieveFile(name, out));
                }
                break;
            case "download":
                try (OutputStream out = new FileOutputStream(other)) {
                    check(ftp.retrieveFile(name, out));
                }
                break;
            case "resume_upload":
                long size = ftp.mlistFile(name).getSize();
                try (InputStream in = new FileInputStream(other)) {
                    in.skipNBytes(size);
                    check(ftp.appendFile(name, in));
                }
                break;
            case "upload":
                try (InputStream in = new FileInputStream(other)) {
                    check(ftp.storeFile(name, in));
                }
                break;
            case "rename": check(ftp.rename(name, other)); break;
            case "delete": check(ftp.deleteFile(name)); break;
            case "make_directory": check(ftp.makeDirectory(name)); break;
        }
    }
}
